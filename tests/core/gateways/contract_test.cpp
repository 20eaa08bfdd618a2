// What holds for every gateway that registry.def names, fed by its recordings.
#include "core/config/config.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/text.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>

using namespace tollgate;

namespace {

struct Played {
    const GatewayKind& kind;
    const Json& recording;
    const Json& row;
    std::unique_ptr<const Gateway> gateway;
    PaymentRef payment;
};

/// Calls `play` for every row of `list` of every gateway; a recording may lack the list.
void for_each_row(std::string_view list, const std::function<void(const Played&)>& play)
{
    for (const auto* kind : gateway_kinds()) {
        const auto recording = recordings::load(kind->spec.name);
        if (recording.find(list) == nullptr) continue;
        for (const auto& row : recordings::rows_of(recording, list)) {
            BOOST_TEST_CONTEXT(kind->spec.name << ", " << list << ": " << row.text("name"))
            {
                play(
                    {*kind,
                     recording,
                     row,
                     recordings::gateway_of(*kind, recording, row),
                     recordings::payment_of(recording, row)}
                );
            }
        }
    }
}

Payment payment_to_open(const PaymentRef& ref)
{
    Payment payment;
    payment.id = ref.id;
    payment.order = OrderRef{"42"};
    payment.reference = ref.reference;
    payment.price = ref.price;
    payment.description = "Commande 42";
    payment.customer = {
        .name = "Awa",
        .surname = "Kone",
        .email = "awa@example.com",
        .phone = "+255712345678",
        .address = {},
        .city = {},
        .country = {},
        .state = {},
        .zip = {},
    };
    return payment;
}

/// A notification row, ready to be bent.
struct Message {
    std::string method;
    Headers headers;
    std::string query;
    std::string body;

    explicit Message(const Json& row)
        : method{row.text("method").empty() ? "POST" : row.text("method")},
          headers{recordings::headers_of(row)}, query{row.text("query")}, body{recordings::body_of(
                                                                              row
                                                                          )}
    {
    }
    Inbound inbound() const { return {method, headers, query, body}; }
};

bool is_proven(const Gateway& gateway, const Message& message)
{
    const auto claim = gateway.verify(message.inbound());
    return claim && claim->proof != Proof::none;
}

std::string changed(std::string text, std::size_t at)
{
    text[at] = text[at] == 'a' ? 'b' : 'a';
    return text;
}

/// Every way to spoil `text` by one byte, and its absence.
std::vector<std::string> spoiled(const std::string& text)
{
    std::vector<std::string> all{"", text + "0", text.substr(1), text.substr(0, text.size() - 1)};
    for (std::size_t i = 0; i < text.size(); ++i)
        all.push_back(changed(text, i));
    return all;
}

/// Where the gateway puts its proof: `header:<name>`, or `member:<name>` of a JSON body, or
/// `field:<name>` of the query.
void spoil_signature(const Gateway& gateway, const Message& genuine, std::string_view place)
{
    const auto colon = place.find(':');
    const auto kind = place.substr(0, colon);
    const std::string name{place.substr(colon + 1)};
    if (kind == "header") {
        const std::string proof{header(genuine.headers, name)};
        BOOST_REQUIRE(!proof.empty());
        for (const auto& wrong : spoiled(proof)) {
            auto message = genuine;
            std::erase_if(message.headers, [&](const auto& one) { return one.first == name; });
            if (!wrong.empty()) message.headers.emplace_back(name, wrong);
            BOOST_TEST(!is_proven(gateway, message), name << ": " << wrong);
        }
        return;
    }
    const auto part = kind == "member" ? &Message::body : &Message::query;
    const auto text = genuine.*part;
    const auto opening = kind == "member" ? "\"" + name + "\":\"" : name + "=";
    const auto begin = text.find(opening);
    BOOST_REQUIRE(begin != std::string::npos);
    const auto first = begin + opening.size();
    const auto last = std::min(text.find(kind == "member" ? '"' : '&', first), text.size());
    for (const auto& wrong : spoiled(text.substr(first, last - first))) {
        auto message = genuine;
        message.*part = text.substr(0, first) + wrong + text.substr(last);
        BOOST_TEST(!is_proven(gateway, message), name << ": " << wrong);
    }
}

/// Nothing new may follow from such a reply.
void must_change_nothing(const Played& played, std::vector<HttpReply> replies, const char* what)
{
    BOOST_TEST_CONTEXT(what)
    {
        const auto step = played.gateway->check(played.payment, replies);
        const auto* answer = std::get_if<Expected<Answer, GatewayFault>>(&step);
        if (answer == nullptr || !*answer) return; // another request, or a fault: no fact
        BOOST_TEST(((*answer)->facts == Facts{}));
        BOOST_TEST(((*answer)->refund == RefundOutcome::unknown));
    }
}

Environment environment_of(const GatewayKind& kind, const Json& recording, std::string_view without)
{
    std::map<std::string, std::string> variables{
        {"TOLLGATE_PUBLIC_URL", "https://pay.example"},
        {"TOLLGATE_DATABASE_URL", "mysql://u:p@127.0.0.1/shop"},
        {"TOLLGATE_KEY", std::string(40, 'k')},
    };
    for (const auto& [name, value] : *recording.find("settings")->object()) {
        if (name == without) continue;
        auto variable = std::string{kind.spec.name} + '_' + name;
        variables.emplace(upper(variable), value.text());
    }
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return {};
        return found->second;
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(contract_test)

BOOST_AUTO_TEST_CASE(notifications_are_claimed_or_refused)
{
    for_each_row("notifications", [](const Played& played) {
        const Message message{played.row};
        BOOST_TEST(
            recordings::words_of(*played.gateway, message.inbound()) == played.row.text("expect")
        );
    });
}

BOOST_AUTO_TEST_CASE(replies_give_these_facts)
{
    for_each_row("replies", [](const Played& played) {
        const auto replies = recordings::replies_of(played.row);
        const auto step = played.gateway->check(played.payment, replies);
        BOOST_TEST(recordings::words_of(step, played.payment.price) == played.row.text("expect"));
    });
}

BOOST_AUTO_TEST_CASE(openings_end_like_this)
{
    for_each_row("openings", [](const Played& played) {
        const auto payment = payment_to_open(played.payment);
        const Opening opening{
            .payment = payment,
            .notify_url = "https://pay.example/notify",
            .return_url = "https://pay.example/return?t=abc",
            .language = "en",
        };
        const auto replies = recordings::replies_of(played.row);
        const auto step = played.gateway->open(opening, replies);
        BOOST_TEST(recordings::words_of(step) == played.row.text("expect"));
    });
}

BOOST_AUTO_TEST_CASE(refunds_end_like_this)
{
    for_each_row("refunds", [](const Played& played) {
        const auto replies = recordings::replies_of(played.row);
        const auto* asked = played.row.find("asked");
        const bool by_check = asked != nullptr && *asked == Json{true};
        const auto step = by_check ? played.gateway->check(played.payment, replies)
                                   : played.gateway->refund(played.payment, replies);
        BOOST_TEST(recordings::words_of(step, played.payment.price) == played.row.text("expect"));
    });
}

BOOST_AUTO_TEST_CASE(objections_name_the_rules)
{
    for_each_row("objections", [](const Played& played) {
        Customer customer;
        if (const auto* given = played.row.find("customer")) {
            for (const auto& [name, member] : customer_fields)
                customer.*member = given->text(name);
        }
        const auto objections = played.gateway->objections(played.payment.price, customer);
        BOOST_TEST(recordings::words_of(objections) == played.row.text("expect"));
    });
}

BOOST_AUTO_TEST_CASE(tokens_are_read_or_refused)
{
    for_each_row("tokens", [](const Played& played) {
        const auto access = played.row.text("access");
        const auto token = played.gateway->read_token(access, recordings::reply_of(played.row));
        const auto words = token ? token->authorization + ' ' + std::to_string(token->lasts.count())
                                 : std::string{code(token.error().error)};
        BOOST_TEST(words == played.row.text("expect"));
    });
}

// A row says with `signature` where its proof stands.
BOOST_AUTO_TEST_CASE(a_signature_that_is_spoiled_by_one_byte_proves_nothing)
{
    std::map<std::string, int> tried;
    for_each_row("notifications", [&](const Played& played) {
        const auto place = played.row.text("signature");
        if (place.empty()) return;
        const Message genuine{played.row};
        BOOST_REQUIRE(is_proven(*played.gateway, genuine));
        spoil_signature(*played.gateway, genuine, place);
        ++tried[std::string{played.kind.spec.name}];
    });
    for (const auto* kind : gateway_kinds()) {
        const bool proves = kind->capabilities.notifications != Proof::none;
        BOOST_TEST((tried[std::string{kind->spec.name}] > 0) == proves, kind->spec.name);
    }
}

// A row says with `covers_body` that its proof is over the body's exact bytes.
BOOST_AUTO_TEST_CASE(a_body_that_differs_by_one_byte_is_not_what_was_signed)
{
    for_each_row("notifications", [](const Played& played) {
        const auto* covers = played.row.find("covers_body");
        if (covers == nullptr || *covers != Json{true}) return;
        const Message genuine{played.row};
        for (const auto& wrong : spoiled(genuine.body)) {
            auto message = genuine;
            message.body = wrong;
            BOOST_TEST(!is_proven(*played.gateway, message), wrong);
        }
    });
}

BOOST_AUTO_TEST_CASE(no_notification_breaks_an_adapter)
{
    const std::string deep(5000, '[');
    for (const auto* kind : gateway_kinds()) {
        const auto recording = recordings::load(kind->spec.name);
        const auto gateway = recordings::gateway_of(*kind, recording, recording);
        for (const auto& body :
             {std::string{},
              std::string{"{}"},
              std::string{"[]"},
              std::string{"null"},
              std::string{"\xff\xfe"},
              deep,
              std::string(70'000, 'a'),
              std::string{"{\"a\":1,\"a\":2}"}}) {
            for (const auto* type :
                 {"application/json",
                  "application/x-www-form-urlencoded",
                  "multipart/form-data; boundary=x",
                  ""}) {
                const Headers headers{{"content-type", type}};
                for (const auto* method : {"GET", "POST", "PUT"}) {
                    const Inbound inbound{method, headers, body, body};
                    if (gateway->is_ping(inbound)) continue;
                    const auto claim = gateway->verify(inbound);
                    BOOST_TEST((!claim || claim->proof == Proof::none), kind->spec.name);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_spoiled_changes_nothing)
{
    for_each_row("replies", [](const Played& played) {
        if (is_one_of(played.row.text("expect"), {"unavailable", "malformed", "refused"})) return;
        const auto replies = recordings::replies_of(played.row);
        const auto with_last = [&](int status, std::string body) {
            auto bent = replies;
            bent.back().status = status;
            bent.back().body = std::move(body);
            return bent;
        };
        const auto& body = replies.back().body;
        for (const int status : {500, 502, 503, 504, 429})
            must_change_nothing(played, with_last(status, body), "outage");
        for (std::size_t size = 0; size < body.size(); ++size)
            must_change_nothing(played, with_last(200, body.substr(0, size)), "cut off");
        must_change_nothing(played, with_last(200, body + "x"), "more than JSON");
        must_change_nothing(played, with_last(200, body + body), "twice");
        must_change_nothing(played, with_last(200, "<html>SUCCESS</html>"), "not JSON");
        must_change_nothing(played, with_last(200, "{}"), "empty object");
        must_change_nothing(played, with_last(200, "[]"), "empty list");
        must_change_nothing(played, with_last(404, "{}"), "not found");
        must_change_nothing(
            played, with_last(200, body + std::string(json_bytes_max, ' ')), "too large"
        );
        if (body.starts_with('{') && body.size() > 2) {
            const auto duplicated = body.substr(0, body.size() - 1) + "," + body.substr(1);
            must_change_nothing(played, with_last(200, duplicated), "every member twice");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_missing_secret_is_a_mistake_of_the_configuration)
{
    for (const auto* kind : gateway_kinds()) {
        const auto recording = recordings::load(kind->spec.name);
        const auto mistakes = [&](std::string_view without) {
            const auto environment = environment_of(*kind, recording, without);
            const auto config = load_config({"", environment, gateway_specs()});
            return config ? 0U : config.error().size();
        };
        BOOST_TEST_CONTEXT(kind->spec.name)
        {
            BOOST_TEST(mistakes("") == 0U);
            for (const auto& setting : kind->spec.settings) {
                if (!setting.required) continue;
                BOOST_TEST_CONTEXT(setting.name)
                {
                    BOOST_TEST(mistakes(setting.name) == 1U);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_that_can_be_asked_and_refund_has_recordings_of_it)
{
    for (const auto* kind : gateway_kinds()) {
        const auto recording = recordings::load(kind->spec.name);
        const auto& can = kind->capabilities;
        BOOST_TEST_CONTEXT(kind->spec.name)
        {
            BOOST_TEST((recording.find("notifications") != nullptr) == can.notifies);
            BOOST_TEST((recording.find("replies") != nullptr) == can.can_check);
            BOOST_TEST((recording.find("refunds") != nullptr) == (can.refunds != Refunds::none));
            BOOST_TEST((recording.find("objections") != nullptr));
            BOOST_TEST((recording.find("openings") != nullptr));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
