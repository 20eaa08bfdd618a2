// A migrated database with a Django shop's tables beside ours, and a store over it.
#pragma once

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/settle/decide.hpp"
#include "core/settle/schedule.hpp"
#include "sql/migrate.hpp"
#include "sql/mysql_store.hpp"
#include "tests/mysql/test_database.hpp"

namespace tollgate {

inline const Instant noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} +
                            std::chrono::hours{12} + std::chrono::microseconds{123'456};
inline constexpr Money price{5000, Currency::XOF};

// What a gateway may say.
inline const Facts nothing_yet{};
inline const Facts in_progress{.processing = true};
inline const Facts declined{.failure = Failure::failed};
inline const Facts abandoned{.failure = Failure::cancelled};
inline const Facts timed_out{.failure = Failure::expired};
inline const Facts paid_in_full{.paid = price};
inline const Facts paid_too_little{.paid = Money{4999, Currency::XOF}};
inline const Facts given_back{.paid = price, .refunded = price};
inline const Facts partly_given_back{.paid = price, .refunded = Money{1000, Currency::XOF}};

/// Says what the facts say, in the words that are kept.
inline Asked answer(const PaymentId& id, const Facts& facts, const std::string& record = "{}")
{
    return {
        .payment = id,
        .cause = "notification",
        .answer =
            Answer{
                .facts = facts,
                .gateway_ref = GatewayRef{"gw-1"},
                .detail = "00 OK",
                .record = record},
    };
}

inline Asked no_answer(const PaymentId& id)
{
    return {
        .payment = id,
        .cause = "reconcile",
        .answer = Unexpected{GatewayFault{GatewayError::unavailable, "timeout"}},
    };
}

class StoreFixture : public TestDatabase {
public:
    static constexpr auto uses_max = 3;
    static constexpr std::chrono::hours grants_last{72};

    StoreFixture()
    {
        migrate(pool, noon);
        run("CREATE TABLE store_order (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
            "status VARCHAR(10) NOT NULL, cinetpay_payment_id VARCHAR(100) NULL)");
        run("CREATE TABLE store_downloadtoken (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
            "token VARCHAR(64) NOT NULL UNIQUE, order_id BIGINT NOT NULL, "
            "created_at DATETIME(6) NOT NULL, FOREIGN KEY (order_id) REFERENCES store_order (id))");
        run("INSERT INTO store_order (id, status) VALUES (7, 'pending'), (8, 'pending')");
    }

    GrantMaker grants{
        Secret{std::string(32, 'k')}, {.uses_max = uses_max, .expires_after = grants_last}};
    Profile profile = Profile::load("django_store");
    MysqlStore store{{pool, profile, {grants}}};

    /// A payment as the opener makes it.
    static Payment make_payment(const std::string& order = "7", Instant created_at = noon)
    {
        Payment payment;
        payment.id = PaymentId{random_uuid_v7(created_at)};
        payment.merchant = Merchant{"boutique"};
        payment.order = OrderRef{order};
        payment.gateway = GatewayName{"cinetpay"};
        payment.reference = Reference{random_alphanumeric(reference_length)};
        payment.price = price;
        payment.description = "Livre";
        payment.customer.name = "Kouamé";
        payment.files = {{"book.pdf"}};
        payment.check_due_at = created_at + std::chrono::seconds{15};
        payment.created_at = created_at;
        payment.opening_until = created_at + std::chrono::seconds{60};
        return payment;
    }

    Payment insert(const std::string& order = "7", Instant created_at = noon)
    {
        auto insertion = store.insert(make_payment(order, created_at));
        if (!insertion.inserted) throw std::runtime_error{"the order is occupied"};
        return std::move(insertion.payment);
    }

    /// One that a customer was sent to.
    Payment open(const std::string& order = "7", Instant created_at = noon)
    {
        const auto payment = insert(order, created_at);
        store.record_opened(
            payment.id, {GatewayRef{"gw-1"}, "https://pay.example/" + order}, created_at
        );
        return *store.find(payment.id);
    }

    std::vector<Payment> open_many(std::size_t count)
    {
        std::vector<Payment> payments;
        for (std::size_t i = 0; i < count; ++i)
            payments.push_back(open("order-" + std::to_string(i)));
        return payments;
    }

    Settled settle(const Asked& asked, Instant now) { return store.settle({&asked, 1}, now).at(0); }

    /// The column of our row, as text.
    std::string stored(const Payment& payment, const std::string& column)
    {
        return value(
            "SELECT " + column + " FROM tollgate_payments WHERE id = UNHEX('" +
            to_hex(payment.id.get()) + "')"
        );
    }

    /// Of a payment that is delivered.
    GrantRow grant_of(const Payment& payment) { return store.grants_of(payment.id).at(0); }

    std::string order_status(const std::string& order)
    {
        return value("SELECT status FROM store_order WHERE id = " + order);
    }

    /// Everything, to see that nothing changed.
    std::vector<Row> everything()
    {
        return contents({
            "tollgate_payments",
            "tollgate_evidence",
            "tollgate_events",
            "tollgate_grants",
            "store_order",
            "store_downloadtoken",
        });
    }
};

} // namespace tollgate
