#!/usr/bin/env python3
"""Holds Ringscope's chat formats against the programs that transformers runs.

Needs: pip install transformers jinja2 tokenizers   (last used: transformers 5.24.0, tokenizers 0.23.3)

    chat_templates.py record [FOLDER]     programs in the style of each family, what transformers makes of
                                          conversations with them, into tests/fixtures/chat

Learned are the answers and the token that ends each: what stands between ⟦ and ⟧ below, which becomes
{% generation %}, so that transformers says itself which tokens these are. Programs under "unknown" write something
that no format of ours has, and must be refused.
"""
import json
import os
import pathlib
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

LOOP = "{% for message in messages %}"
GENERATION = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

PROGRAMS = {
    "chatml": (
        LOOP + "{{ '<|im_start|>' + message['role'] + '\n' }}⟦{{ message['content'] + '<|im_end|>' }}⟧{{ '\n' }}"
        "{% endfor %}" + GENERATION),
    "chatml-system": (
        LOOP + "{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
        "{{ '<|im_start|>' + message['role'] + '\n' }}⟦{{ message['content'] + '<|im_end|>' }}⟧{{ '\n' }}"
        "{% endfor %}" + GENERATION),
    "chatml-tools": (
        "{%- if tools %}\n    {{- '<|im_start|>system\\n# Tools\\n\\nUse <tools></tools>.<|im_end|>\\n' }}\n{%- else %}\n"
        "    {%- if messages[0]['role'] == 'system' %}\n"
        "        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n"
        "    {%- else %}\n        {{- '<|im_start|>system\\nYou help.<|im_end|>\\n' }}\n    {%- endif %}\n{%- endif %}\n"
        "{%- for message in messages %}\n"
        "    {%- if (message.role == \"user\") or (message.role == \"system\" and not loop.first) %}\n"
        "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n"
        "    {%- elif message.role == \"assistant\" %}\n        {{- '<|im_start|>' + message.role }}\n"
        "        {{- '\\n' }}⟦{{- message.content }}\n"
        "        {%- for tool_call in message.tool_calls %}\n"
        "            {{- '\\n<tool_call>\\n{\"name\": \"' }}{{- tool_call.name }}{{- '\"}\\n</tool_call>' }}\n"
        "        {%- endfor %}\n        {{- '<|im_end|>' }}⟧{{- '\\n' }}\n"
        "    {%- elif message.role == \"tool\" %}\n        {{- '<tool_response>' + message.content }}\n    {%- endif %}\n"
        "{%- endfor %}\n"),
    "llama3": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}{% if loop.index0 == 0 %}{{ bos_token }}"
        "{% endif %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
        "⟦{{ message['content'] | trim + '<|eot_id|>' }}⟧{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"),
    "llama3-date": (
        "{{- bos_token }}\n{%- if not date_string is defined %}\n    {%- set date_string = \"26 Jul 2024\" %}\n"
        "{%- endif %}\n{%- if messages[0]['role'] == 'system' %}\n"
        "    {%- set system_message = messages[0]['content']|trim %}\n    {%- set messages = messages[1:] %}\n"
        "{%- else %}\n    {%- set system_message = \"\" %}\n{%- endif %}\n"
        "{{- \"<|start_header_id|>system<|end_header_id|>\\n\\n\" }}\n"
        "{%- if builtin_tools is defined or tools is not none %}\n    {{- \"Environment: ipython\\n\" }}\n{%- endif %}\n"
        "{{- \"Cutting Knowledge Date: December 2023\\n\" }}\n{{- \"Today Date: \" + date_string + \"\\n\\n\" }}\n"
        "{{- system_message }}\n{{- \"<|eot_id|>\" }}\n{%- for message in messages %}\n"
        "    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}\n"
        "        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}"
        "⟦{{- message['content'] | trim + '<|eot_id|>' }}⟧\n"
        "    {%- elif 'tool_calls' in message %}\n        {{- '<|python_tag|>' }}\n    {%- endif %}\n{%- endfor %}\n"),
    "llama2": (
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
        "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
        "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}"
        "{% endif %}{% if loop.index0 == 0 and system_message != false %}"
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}"
        "{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
        "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
        "{{ ' ' }}⟦{{ content.strip() + ' ' + eos_token }}⟧{% endif %}{% endfor %}"),
    "mistral-v1": (
        "{{ bos_token }}" + LOOP + "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Roles must alternate') }}{% endif %}{% if message['role'] == 'user' %}"
        "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
        "⟦{{ message['content'] + eos_token}}⟧{% else %}{{ raise_exception('Only user and assistant roles') }}"
        "{% endif %}{% endfor %}"),
    "mistral-spaced": (
        "{{- bos_token }}\n{%- for message in messages %}\n"
        "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\n"
        "        {{- raise_exception('Roles must alternate') }}\n    {%- endif %}\n"
        "    {%- if message[\"role\"] == \"user\" %}\n"
        "        {{- \" [INST] \" + message[\"content\"] + \" [/INST]\" }}\n"
        "    {%- elif message[\"role\"] == \"assistant\" %}\n        "
        "{{- \" \" }}⟦{{- message[\"content\"] + eos_token}}⟧\n    {%- endif %}\n{%- endfor %}\n"),
    "mistral-tight": (
        "{{- bos_token }}\n{%- for message in messages %}\n"
        "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\n"
        "        {{- raise_exception('Roles must alternate') }}\n    {%- endif %}\n"
        "    {%- if message[\"role\"] == \"user\" %}\n"
        "        {{- \"[INST]\" + message[\"content\"] + \"[/INST]\" }}\n"
        "    {%- elif message[\"role\"] == \"assistant\" %}\n        "
        "⟦{{- message[\"content\"] + eos_token}}⟧\n    {%- endif %}\n{%- endfor %}\n"),
    "gemma": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
        "{% endif %}" + LOOP + "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Roles must alternate') }}{% endif %}{% if (message['role'] == 'assistant') %}"
        "{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
        "{{ '<start_of_turn>' + role + '\n' }}⟦{{ message['content'] | trim + '<end_of_turn>' }}⟧{{ '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"),
    "phi3": (
        LOOP + "{% if message['role'] == 'system' %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}"
        "{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}"
        "{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n'}}⟦{{ message['content'] + '<|end|>'}}⟧{{'\n'}}"
        "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}"
        "{% endif %}"),
    "phi3-first": (
        "{{ bos_token }}" + LOOP + "{% if (message['role'] == 'user') %}"
        "{{'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>' + '\n'}}"
        "{% elif (message['role'] == 'assistant') %}⟦{{message['content'] + '<|end|>'}}⟧{{ '\n'}}{% endif %}{% endfor %}"),
    "deepseek": (
        "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
        "{% set ns = namespace(is_first=false, is_tool=false, system_prompt='') %}"
        "{%- for message in messages %}{%- if message['role'] == 'system' %}"
        "{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}"
        "{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}"
        "{{'<｜User｜>' + message['content']}}{%- endif %}"
        "{%- if message['role'] == 'assistant' and message['content'] is none %}{{'<｜tool▁calls▁begin｜>'}}{%- endif %}"
        "{%- if message['role'] == 'assistant' and message['content'] is not none %}"
        "{{'<｜Assistant｜>'}}⟦{{ message['content'] + '<｜end▁of▁sentence｜>'}}⟧{%- endif %}{%- endfor %}"
        "{% if add_generation_prompt %}{{'<｜Assistant｜>'}}{% endif %}"),
    "deepseek-v2": (
        "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{ bos_token }}"
        + LOOP + "{% if message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\n\n' }}"
        "{% elif message['role'] == 'assistant' %}{{ 'Assistant: ' }}⟦{{ message['content'] + eos_token }}⟧"
        "{% elif message['role'] == 'system' %}{{ message['content'] + '\n\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"),
    "alpaca": (
        "{{ bos_token }}" + LOOP + "{% if message['role'] == 'system' %}{{ message['content'] + '\n\n' }}"
        "{% elif message['role'] == 'user' %}{{ '### Instruction:\n' + message['content'] + '\n\n' }}"
        "{% elif message['role'] == 'assistant' %}{{ '### Response:\n' }}⟦{{ message['content'] + eos_token }}⟧"
        "{{ '\n\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"),
}

UNKNOWN = {
    "thinking": (
        LOOP + "{{ '<|im_start|>' + message['role'] + '\n' }}{% if message['role'] == 'assistant' %}"
        "{{ '<think>\n\n</think>\n\n' }}{% endif %}{{ message['content'] + '<|im_end|>\n' }}{% endfor %}"),
    "today": (
        "{{ bos_token }}" + LOOP + "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
        "{{ 'Today Date: ' + strftime_now('%d %b %Y') }}{{ message['content'] + '<|eot_id|>' }}{% endfor %}"),
    "zephyr": (
        LOOP + "{{ '<|user|>\n' + message['content'] + eos_token }}{{ '<|assistant|>' }}{% endfor %}"),
    "mixed": (
        LOOP + "{% if loop.first %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}"
        "{{ '[INST]' + message['content'] + '[/INST]' }}{% endif %}{% endfor %}"),
}

QUESTION = {"role": "user", "content": "How many mills stand by the river? "}
ANSWER = {"role": "assistant", "content": " Two. One grinds — the other waits. 🌊"}
MORE = [{"role": "user", "content": "Why?\nSay it\n"}, {"role": "assistant", "content": "Water is low."}]
SYSTEM = {"role": "system", "content": " Be brief. "}
CONVERSATIONS = [[QUESTION, ANSWER], [QUESTION, ANSWER, *MORE], [SYSTEM, QUESTION, ANSWER],
                 [SYSTEM, QUESTION, ANSWER, *MORE], [QUESTION, ANSWER, MORE[0]]]

SPECIAL = ["<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
           "[INST]", "[/INST]", "<start_of_turn>", "<end_of_turn>", "<|system|>", "<|user|>", "<|assistant|>",
           "<|end|>", "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"]


def small_tokenizer():
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    tokenizer.train_from_iterator([json.dumps(CONVERSATIONS)], trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer


def spans(row):
    """[begin, end) of each stretch of ones."""
    found = []
    for at, one in enumerate(row):
        if one and (at == 0 or not row[at - 1]):
            found.append([at, at])
        if one:
            found[-1][1] = at + 1
    return found


def generations(program):
    """Only an assistant's turn is one, whatever writes the others."""
    role = "{% if message['role'] == 'assistant' %}"
    begin, end = program.split("⟦", 1)[0], program.split("⟦", 1)[1]
    inside, rest = end.split("⟧", 1)
    return (begin + role + "{% generation %}" + inside + "{% endgeneration %}{% else %}" + inside + "{% endif %}" + rest)


def record(folder):
    from transformers import PreTrainedTokenizerFast
    folder.mkdir(parents=True, exist_ok=True)
    small = small_tokenizer()
    small.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<|bos|>", "eos_token": "<|eos|>"}))
    rows = []
    for name, marked in PROGRAMS.items():
        program = marked.replace("⟦", "").replace("⟧", "")
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=small, bos_token="<|bos|>", eos_token="<|eos|>")
        cases = []
        for conversation in CONVERSATIONS:
            case = {"messages": conversation}
            try:
                tokenizer.chat_template = program
                case["text"] = tokenizer.apply_chat_template(conversation, tokenize=False)
                tokenizer.chat_template = generations(marked)
                made = tokenizer.apply_chat_template(conversation, tokenize=True, return_dict=True,
                                                     return_assistant_tokens_mask=True)
                case["ids"] = list(made["input_ids"])
                case["learned"] = spans(made["assistant_masks"])
                assert tokenizer.apply_chat_template(conversation, tokenize=False) == case["text"], name
            except Exception as error:  # what raise_exception raises
                if "alternate" not in str(error) and "not supported" not in str(error) and "roles" not in str(error):
                    raise
                case["refused"] = True
            cases.append(case)
        rows.append({"name": name, "program": program, "cases": cases})
    unknown = [{"name": name, "program": program} for name, program in UNKNOWN.items()]
    text = json.dumps({"known": rows, "unknown": unknown}, ensure_ascii=False, separators=(",", ":"))
    (folder / "formats.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:>8} {path}")


def main():
    if len(sys.argv) < 2 or sys.argv[1] != "record":
        sys.exit(__doc__)
    here = pathlib.Path(__file__).resolve().parent.parent
    record(pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here / "fixtures" / "chat")


if __name__ == "__main__":
    main()
