#include "core/payments/status.hpp"

#include <array>
#include <utility>

namespace tollgate {
namespace {

constexpr std::array statuses{
    std::pair{Status::pending, std::string_view{"pending"}},
    std::pair{Status::processing, std::string_view{"processing"}},
    std::pair{Status::expired, std::string_view{"expired"}},
    std::pair{Status::cancelled, std::string_view{"cancelled"}},
    std::pair{Status::failed, std::string_view{"failed"}},
    std::pair{Status::review, std::string_view{"review"}},
    std::pair{Status::paid, std::string_view{"paid"}},
    std::pair{Status::disputed, std::string_view{"disputed"}},
    std::pair{Status::partially_refunded, std::string_view{"partially_refunded"}},
    std::pair{Status::refunded, std::string_view{"refunded"}},
};

constexpr std::array failures{
    std::pair{Failure::none, std::string_view{"none"}},
    std::pair{Failure::expired, std::string_view{"expired"}},
    std::pair{Failure::cancelled, std::string_view{"cancelled"}},
    std::pair{Failure::failed, std::string_view{"failed"}},
};

constexpr std::array attentions{
    std::pair{Attention::none, std::string_view{}},
    std::pair{Attention::underpaid, std::string_view{"underpaid"}},
    std::pair{Attention::overpaid, std::string_view{"overpaid"}},
    std::pair{Attention::other_currency, std::string_view{"other_currency"}},
    std::pair{Attention::contradiction, std::string_view{"contradiction"}},
    std::pair{Attention::paid_twice, std::string_view{"paid_twice"}},
    std::pair{Attention::refund_unknown, std::string_view{"refund_unknown"}},
    std::pair{Attention::disputed, std::string_view{"disputed"}},
    std::pair{Attention::unanswered, std::string_view{"unanswered"}},
    std::pair{Attention::undecided, std::string_view{"undecided"}},
};

template <class Table, class Value>
std::string_view text_of(const Table& table, Value value)
{
    for (const auto& [key, text] : table) {
        if (key == value) return text;
    }
    impossible("a code without a text");
}

template <class Value, std::size_t N>
std::optional<Value>
value_of(const std::array<std::pair<Value, std::string_view>, N>& table, std::string_view text)
{
    for (const auto& [key, spelling] : table) {
        if (spelling == text) return key;
    }
    return {};
}

} // namespace

std::string_view code(Status status)
{
    return text_of(statuses, status);
}

std::optional<Status> parse_status(std::string_view text)
{
    return value_of(statuses, text);
}

std::string_view code(Failure failure)
{
    return text_of(failures, failure);
}

std::optional<Failure> parse_failure(std::string_view text)
{
    return value_of(failures, text);
}

std::string_view code(Attention attention)
{
    return text_of(attentions, attention);
}

std::optional<Attention> parse_attention(std::string_view text)
{
    return value_of(attentions, text);
}

} // namespace tollgate
