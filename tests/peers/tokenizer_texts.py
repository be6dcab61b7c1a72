"""Texts for tokenizers: sentences in many scripts, signs, blanks, marks, and bytes that are no text.

Everything is our own. random_texts(seed) gives short texts, long_text(seed, bytes) a long one; the same
seed gives the same text.
"""
import random

SENTENCES = """
The quick brown fox doesn't jump over the lazy dog; it's been 3,141 days, and we'll see what they've done.
Training a model on long sequences takes memory: 131072 tokens, 80 GB, and a ring of ranks.
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, während die Straße glänzt.
Où est passé le garçon qui mangeait des crêpes près de l'église à Noël ? Çà et là, peut-être.
El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío; ¡añoraba a su querido cachorro!
Pchnąć w tę łódź jeża lub ośm skrzyń fig, a zażółć gęślą jaźń dziś wieczorem.
Příliš žluťoučký kůň úpěl ďábelské ódy, zatímco třicet stříbrných křepelek přeletělo.
Pijamalı hasta yağız şoföre çabucak güvendi; İstanbul'da ılık bir gün, IŞIK ve ığdır.
Tôi yêu tiếng Việt vì những dấu thanh: sắc, huyền, hỏi, ngã, nặng, và cả chữ đ.
Съешь же ещё этих мягких французских булок, да выпей чаю, говорил ёж подъезду.
Щастям б'єш жук їх глицю в фон й ґедзь пріч, а потім співає пісню.
Θέλει αρετή και τόλμη η ελευθερία· ο Οδυσσέας γύρισε στην Ιθάκη μετά από είκοσι χρόνια.
דג סקרן שט בים מאוכזב ולפתע מצא חברה, שָׁלוֹם לכולם בארץ הזאת.
نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ومغلف بجلد أزرق، مُحَمَّد.
بر اثر چنین تلقین و شستشوی مغزی جامعی، سطح و پایه‌ی ذهن و فهم و نظر بعضی اشخاص واژگونه می‌گردد.
ٹھنڈ میں، ایک قحط زدہ گاؤں سے گذرتے وقت ایک چڑچڑے، باأثر و فارغ شخص کو کچھ جل پری نما اژدہے نظر آئے۔
ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले विष्णुवतार भगवान श्रीराम।
আমার সোনার বাংলা, আমি তোমায় ভালোবাসি; চিরদিন তোমার আকাশ, তোমার বাতাস বাজায় বাঁশি।
தமிழ் மொழி மிகவும் பழமையானது; யாமறிந்த மொழிகளிலே இனிதாவது எங்கும் காணோம்.
తెలుగు భాష చాలా అందమైనది, దేశ భాషలందు తెలుగు లెస్స అని అన్నారు కృష్ణదేవరాయలు.
ಕನ್ನಡ ನಾಡು ನುಡಿ ಸುಂದರ; ಎಲ್ಲಾದರು ಇರು ಎಂತಾದರು ಇರು ಎಂದೆಂದಿಗೂ ನೀ ಕನ್ನಡವಾಗಿರು.
മലയാളം എന്റെ മാതൃഭാഷയാണ്, കേരളം ദൈവത്തിന്റെ സ്വന്തം നാട് എന്ന് അറിയപ്പെടുന്നു.
ગુજરાતી ભાષા મીઠી છે, જય જય ગરવી ગુજરાત, દીપે અરુણું પરભાત.
ਪੰਜਾਬੀ ਬੋਲੀ ਮਿੱਠੀ ਹੈ, ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਜੀ, ਕੀ ਹਾਲ ਹੈ ਤੁਹਾਡਾ।
සිංහල අකුරු ලස්සනයි, ආයුබෝවන් සියලු දෙනාටම සුභ දවසක් වේවා.
เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน จงฝ่าฟันพัฒนาวิชาการ
ພາສາລາວເປັນພາສາທີ່ງາມ ສະບາຍດີທຸກຄົນ ຂອບໃຈຫຼາຍໆ
ខ្ញុំស្រឡាញ់ភាសាខ្មែរ សូមស្វាគមន៍មកកាន់ប្រទេសកម្ពុជា។
မြန်မာစာသည် လှပသော စာပေဖြစ်သည်၊ မင်္ဂလာပါ ကမ္ဘာလောကကြီး။
བོད་ཡིག་ནི་སྐད་ཡིག་སྙན་པོ་ཞིག་རེད། བཀྲ་ཤིས་བདེ་ལེགས།
ქართული ენა ძალიან ლამაზია, გამარჯობა მსოფლიო, ბგერა და ანბანი.
Հայերենը հնագույն լեզու է, բարեւ աշխարհ, Արարատ լեռը բարձր է։
የኢትዮጵያ ቋንቋ አማርኛ ነው፤ ሰላም ለዓለም ሁሉ፣ እንኳን ደህና መጣችሁ።
ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎤᏬᏚᎯ, ᎣᏏᏲ ᎢᎦᏓ.
Монгол хэл сайхан, ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ ᠦᠵᠡᠰᠬᠦᠯᠡᠩᠲᠦ.
天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。我们在训练一个很长的模型！繁體字與简体字。
いろはにほへと ちりぬるを、色は匂へど散りぬるを。東京タワーは３３３メートル、カタカナ・ﾊﾝｶｸ。
키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. 한글은 과학적이다.
def main(args: list[str]) -> int:\n    if len(args) > 1 and args[0] != "":\n        return sum(x**2 for x in range(10))\n\treturn -1
#include <vector>\nstd::vector<int> v{1, 2, 3};  // a comment\r\nfor (auto& x : v) { x += 0xFF; }
{"name": "zigzag", "values": [1.5e-3, -7, null, true], "url": "https://example.org/a?b=c&d=%20#e"}
SELECT id, COUNT(*) FROM runs WHERE mode = 'ring' AND loss < 3.25 GROUP BY id;
$E = mc^2$, \\int_0^\\infty e^{-x^2} dx = \\frac{\\sqrt{\\pi}}{2} ≈ 0.886, ∀x∈ℝ: x² ≥ 0, Ω≠∅, ½ + ⅓ = ⅚
1234567890 12 123 1234 12345 ١٢٣٤ १२३४ １２３４ Ⅻ ⅷ ① ㉈ 10³ m² ½
""".strip().split("\n")

PIECES = [
    "👍", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "🧑🏿‍🚀", "☺️", "❤", "😀😃😄", "1️⃣", "🫠", "🀄",
    "e\u0301", "a\u0308\u0323", "q\u0307\u0323", "\u1100\u1161\u11a8", "각", "ﬁ", "ﬀ", "Å", "\u212b", "ｶﾞ",
    "Ǆ", "ŉ", "ß", "ẞ", "İ", "ſ", "K", "\u0345", "क\u094d\u0937", "\u0c15\u0c4d\u0c37", "ำ", "ༀ", "\u0f73",
    "\u0000", "\u0001", "\u0007", "\b", "\u001b[31m", "\u007f", "\u0085", "\u00a0", "\u00ad", "\u200b",
    "\u200c", "\u200d", "\u200e", "\u202e", "\u2028", "\u2029", "\u2060", "\ufeff", "\ufffd", "\u180e",
    "\u1680", "\u2003", "\u202f", "\u205f", "\u3000", "\ue000", "\U000f0000", "\u2581", "▁▁", "Ġ", "Ċ",
    " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "\t\t", "\v", "\f", "    \n    ",
    "'s", "'S", "'ll", "’re", "'", "''", "n't", "...", "?!", "—", "–", "„“", "«»", "¿", "،", "。", "、",
    "<s>", "</s>", "<|endoftext|>", "<mask>", "[MASK]", "[UNK]", "<unk>", "<0x0A>", "##", "</w>", "<tok>",
    " <mask> ", "x<tok>y", "USERDEF", "_", "a_b", "__init__", "camelCase", "HTMLParser", "x²", "Ⓐ", "🅰",
    "0", "00", "007", "3.14", "1,000", "²³", "٣", "a1b2", "$5", "€10", "+", "=", "^", "`", "|", "~", "¢",
    "\U00020000", "\U0002b740", "\U0002b825", "\U0002b920", "\uf900", "豈", "𝔘𝔫𝔦", "𝟘", "\U0001d15e", "\U00016fe0",
]
WORDS = [word for sentence in SENTENCES for word in sentence.replace("\\n", "\n").replace("\\t", "\t").split(" ")]


def sentences():
    return [s.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t") for s in SENTENCES]


def random_word(generator):
    kind = generator.random()
    if kind < 0.5:
        return generator.choice(WORDS)
    if kind < 0.72:
        return generator.choice(PIECES)
    if kind < 0.8:
        return generator.choice(WORDS)[: generator.randint(1, 4)]
    if kind < 0.86:
        return generator.choice(WORDS).upper()
    if kind < 0.92:
        return str(generator.randint(0, 10 ** generator.randint(1, 9)))
    if kind < 0.96:  # any character that Unicode 14 had given a meaning, mostly of the first planes
        return "".join(chr(generator.choice(ASSIGNED)) for _ in range(generator.randint(1, 4)))
    return generator.choice([" ", "\n", "a", "1", "."]) * generator.randint(1, 12)


def random_text(generator, words):
    return "".join(random_word(generator) + generator.choice(["", " ", " ", " "]) for _ in range(words))


def random_texts(seed, count):
    generator = random.Random(seed)
    return [random_text(generator, generator.randint(0, 12)) for _ in range(count)]


def long_text(seed, size):
    """At least `size` bytes; a document a line."""
    generator = random.Random(seed)
    parts, total = [], 0
    while total < size:
        whole = generator.random() < 0.6
        part = (generator.choice(sentences()) if whole else random_text(generator, 30)) + "\n"
        parts.append(part)
        total += len(part.encode())
    return "".join(parts)


def broken_bytes(seed, count):
    """Bytes that are mostly no UTF-8, some of them cut-off characters."""
    generator = random.Random(seed)
    texts = []
    for _ in range(count):
        text = random_text(generator, generator.randint(1, 5)).encode()
        for _ in range(generator.randint(1, 6)):
            at = generator.randint(0, len(text))
            text = text[:at] + generator.randbytes(generator.randint(1, 3)) + text[at + generator.randint(0, 2):]
        texts.append(text)
    return texts


def assigned():
    """Characters that Python's own table calls assigned (Unicode 14 in 3.11)."""
    import unicodedata
    planes = list(range(0x20, 0x3000)) + list(range(0xa000, 0xd7a4)) + list(range(0xf900, 0x10000)) + \
        list(range(0x10000, 0x12000)) + list(range(0x1d100, 0x1d800)) + list(range(0x1f000, 0x1fb00)) + \
        list(range(0x4e00, 0x4e80))
    return [c for c in planes if unicodedata.category(chr(c)) not in ("Cn", "Cs")]


ASSIGNED = assigned()
