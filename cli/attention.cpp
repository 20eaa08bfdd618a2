#include "sql/attention.hpp"

#include "cli/commands.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tollgate {
namespace {

/// What the operator is to do, in one sentence.
std::string_view advice(Attention attention)
{
    switch (attention) {
    case Attention::none: return "nothing";
    case Attention::underpaid:
        return "less was paid than the price, or the gateway does not say how much: look it up in "
               "its back office, then ask the customer for the rest or give it back";
    case Attention::overpaid: return "more was paid than the price: give the excess back";
    case Attention::other_currency:
        return "the money is in another currency: accept it outside of Tollgate or give it back";
    case Attention::contradiction:
        return "the gateway's answers contradict each other: ask its support which one is true";
    case Attention::paid_twice: return "the order was paid twice: give this payment back";
    case Attention::refund_unknown:
        return "nobody says how the refund ended: look it up in the gateway's back office, then "
               "`tollgate refund REFERENCE --ended done|refused`";
    case Attention::disputed:
        return "the customer's bank wants the money back: answer in the gateway's back office in "
               "time; downloads are closed";
    case Attention::unanswered:
        return "the gateway has not answered for days: see the log for why (credentials, address, "
               "an outage) and look the payment up in its back office";
    case Attention::undecided:
        return "after 30 days the gateway says neither paid nor failed: ask its support";
    }
    impossible("attention");
}

std::string words_of(Money money)
{
    return fmt::format("{} {}", major_text(money), code(money.currency));
}

Json json_of(const AttentionRow& row)
{
    const auto& payment = row.payment;
    const auto& paid = payment.facts.paid;
    return Json::object({
        {"reference", payment.reference.get()},
        {"id", id_text(payment.id)},
        {"merchant", payment.merchant.get()},
        {"order", payment.order.get()},
        {"gateway", payment.gateway.get()},
        {"status", code(payment.state)},
        {"attention", code(row.attention)},
        {"amount", major_text(payment.price)},
        {"currency", code(payment.price.currency)},
        {"paid", paid ? Json{words_of(*paid)} : Json{}},
        {"since", iso_time(row.since)},
        {"dealt_with", payment.attention_seen},
        {"advice", advice(row.attention)},
    });
}

void print(const AttentionRow& row)
{
    const auto& payment = row.payment;
    const auto& paid = payment.facts.paid;
    const auto money = paid ? fmt::format("{} of {} paid", words_of(*paid), words_of(payment.price))
                            : words_of(payment.price);
    fmt::print(
        "{} order {} ({}) {}: {}, {}, since {}{}\n    {}\n",
        payment.reference.get(),
        payment.order.get(),
        payment.gateway.get(),
        code(row.attention),
        code(payment.state),
        money,
        iso_time(row.since),
        payment.attention_seen ? ", dealt with" : "",
        advice(row.attention)
    );
}

int deal_with(Pool& pool, const std::string& reference)
{
    const auto word = deal_with(pool, Reference{reference});
    if (!word) return not_done("no payment with the reference " + reference + " wants attention");
    fmt::print("{}: {} is dealt with\n", reference, code(*word));
    return 0;
}

} // namespace

int run_attention(const Config& config, const AttentionOptions& options)
{
    Pool pool{config.database};
    if (!options.done.empty()) return deal_with(pool, options.done);
    const auto rows_max = static_cast<std::size_t>(options.rows_max);
    // One more than is shown tells whether there are more.
    auto rows = attention_rows(pool, {.all = options.all, .rows_max = rows_max + 1});
    const bool more = rows.size() > rows_max;
    if (more) rows.pop_back();
    if (options.json) {
        Json::Array all;
        for (const auto& row : rows)
            all.push_back(json_of(row));
        fmt::print("{}\n", to_text(Json{std::move(all)}));
    } else {
        for (const auto& row : rows)
            print(row);
        if (rows.empty()) fmt::print("nothing wants attention\n");
    }
    if (more) fmt::print(stderr, "there are more: --limit N shows N of them\n");
    return 0;
}

} // namespace tollgate
