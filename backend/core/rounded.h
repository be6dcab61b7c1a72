// Short numbers in texts: shares and ticks.
#pragma once

#include <charconv>
#include <string>

namespace ringscope {

// Digits with a point, also where a program has switched to a locale that writes a comma.
std::string formatDigits(double value, std::chars_format format, int precision);

// "6.3", "63", "131", "0.062": at most so many significant digits and no zeros at the end. Digits
// before the point are never rounded away, and there is no exponent from 1e-6 to 1e15.
std::string formatRounded(double value, int digits);

}  // namespace ringscope
