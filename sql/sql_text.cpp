#include "sql/sql_text.hpp"

namespace tollgate {
namespace {

/// `5--3` is arithmetic.
bool begins_comment(std::string_view text)
{
    if (!text.starts_with("--")) return false;
    return text.size() == 2 || text[2] == ' ' || text[2] == '\t' || text[2] == '\r' ||
           text[2] == '\n';
}

} // namespace

bool Quotes::cover(char c)
{
    if (quote_ == 0) {
        if (c == '\'' || c == '"' || c == '`') quote_ = c;
        return quote_ != 0;
    }
    if (escaped_) {
        escaped_ = false;
    } else if (c == '\\' && quote_ != '`') {
        escaped_ = true;
    } else if (c == quote_) {
        quote_ = 0;
    }
    return true;
}

std::string without_comments(std::string_view text)
{
    std::string result;
    Quotes quotes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!quotes.open() && begins_comment(text.substr(i))) {
            i = text.find('\n', i);
            if (i == std::string_view::npos) break;
        }
        quotes.cover(text[i]);
        result += text[i];
    }
    return result;
}

} // namespace tollgate
