#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/gateways/gateway.hpp"
#include "core/payments/status.hpp"
#include "core/settle/store.hpp"
#include "core/support/embedded.hpp"
#include "sql/migrate.hpp"
#include "tests/mysql/test_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

const Instant noon =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + std::chrono::hours{12};

std::vector<std::string> migration_names()
{
    std::vector<std::string> names;
    for (const auto& file : embedded_sql()) {
        if (!file.path.starts_with("sql/migrations/")) continue;
        const auto name = file.path.substr(std::string_view{"sql/migrations/"}.size());
        names.emplace_back(name.substr(0, name.size() - 4));
    }
    std::ranges::sort(names);
    return names;
}

std::string_view migration(std::string_view name)
{
    for (const auto& file : embedded_sql()) {
        if (file.path == "sql/migrations/" + std::string{name} + ".sql") return file.text;
    }
    throw std::runtime_error{"no such migration"};
}

/// A database of the first release, with rows.
struct OldDatabase : TestDatabase {
    OldDatabase()
    {
        for (const auto& statement : split_statements(migration("0001_init")))
            run(statement);
        run("CREATE TABLE tollgate_migrations (number INT NOT NULL, name VARCHAR(100) NOT NULL, "
            "digest BINARY(32) NOT NULL, applied_at DATETIME(6) NOT NULL, PRIMARY KEY (number)) "
            "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin");
        run("INSERT INTO tollgate_migrations VALUES (1, '0001_init', UNHEX('" +
            to_hex(sha256(migration("0001_init"))) + "'), '2026-01-01')");
        run("INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway, reference, "
            "gateway_ref, amount_minor, currency, paid_minor, paid_currency, status, payment_url, "
            "check_due_at, created_at, updated_at) VALUES "
            "(UNHEX(REPEAT('01', 16)), 'm', '1', 1, 'cinetpay', REPEAT('A', 20), 'gw-1', 5000, "
            "'XOF', 5000, 'XOF', 'paid', 'https://pay.example/1', NULL, '2026-03-04', "
            "'2026-03-04'), "
            "(UNHEX(REPEAT('02', 16)), 'm', '2', 1, 'cinetpay', REPEAT('B', 20), NULL, 700, "
            "'EUR', NULL, NULL, 'pending', '', '2026-03-04', '2026-03-04', '2026-03-04')");
        run("INSERT INTO tollgate_evidence (id, payment_id, kind, gateway, digest, proof, body, "
            "received_at, last_at) VALUES (UNHEX(REPEAT('03', 16)), UNHEX(REPEAT('01', 16)), "
            "'check', 'cinetpay', UNHEX(REPEAT('04', 32)), 'none', '{}', '2026-03-04', "
            "'2026-03-04')");
    }

    std::vector<Row> old_columns()
    {
        return rows("SELECT id, merchant, order_ref, attempt, gateway, reference, gateway_ref, "
                    "amount_minor, currency, files, failure, paid_minor, paid_currency, status, "
                    "attention, paid_twice, payment_url, checks, check_due_at, created_at, "
                    "updated_at FROM tollgate_payments ORDER BY id");
    }
};

constexpr auto tables_and_columns =
    "SELECT table_name, column_name, column_type, is_nullable, collation_name "
    "FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, ordinal_position";

} // namespace

BOOST_AUTO_TEST_SUITE(migrate_test)

BOOST_FIXTURE_TEST_CASE(an_empty_database_gets_everything_once, TestDatabase)
{
    BOOST_TEST(applied_migration(pool) == 0);
    BOOST_TEST(migrate(pool, noon) == migration_names(), boost::test_tools::per_element());
    BOOST_TEST(applied_migration(pool) == newest_migration());
    BOOST_TEST(
        count("tollgate_migrations WHERE applied_at = '2026-03-04 12:00:00'") == newest_migration()
    );

    const auto schema = rows(tables_and_columns);
    const auto recorded = contents({"tollgate_migrations"});
    BOOST_TEST(migrate(pool, noon + std::chrono::hours{1}).empty());
    BOOST_TEST((rows(tables_and_columns) == schema));
    BOOST_TEST((contents({"tollgate_migrations"}) == recorded));
}

BOOST_FIXTURE_TEST_CASE(every_table_suits_a_cluster, TestDatabase)
{
    migrate(pool, noon);
    const std::string ours = "information_schema.tables WHERE table_schema = DATABASE()";
    BOOST_TEST(count(ours) == 10);
    BOOST_TEST(count(ours + " AND (engine <> 'InnoDB' OR table_collation <> 'utf8mb4_bin')") == 0);
    BOOST_TEST(count(ours + " AND table_name NOT LIKE 'tollgate\\_%'") == 0);
    BOOST_TEST(
        count("information_schema.table_constraints WHERE table_schema = DATABASE() "
              "AND constraint_type = 'PRIMARY KEY'") == 10
    );
}

BOOST_FIXTURE_TEST_CASE(a_newer_schema_is_left_alone, TestDatabase)
{
    migrate(pool, noon);
    run("UPDATE tollgate_migrations SET number = number + 10");
    const auto recorded = contents({"tollgate_migrations"});
    BOOST_CHECK_THROW(migrate(pool, noon), SchemaError);
    BOOST_TEST((contents({"tollgate_migrations"}) == recorded));
}

BOOST_FIXTURE_TEST_CASE(a_migration_that_was_changed_is_refused, TestDatabase)
{
    migrate(pool, noon);
    run("UPDATE tollgate_migrations SET digest = UNHEX(REPEAT('00', 32)) WHERE number = 1");
    BOOST_CHECK_EXCEPTION(migrate(pool, noon), SchemaError, [](const auto& error) {
        return std::string_view{error.what()}.find(migration_names().front()) !=
               std::string_view::npos;
    });
}

BOOST_FIXTURE_TEST_CASE(a_migration_that_was_interrupted_is_finished, TestDatabase)
{
    migrate(pool, noon);
    run("INSERT INTO tollgate_api_keys (id, digest, merchant, name, created_at) "
        "VALUES (UNHEX(REPEAT('01', 16)), UNHEX(REPEAT('02', 32)), 'm', 'n', '2026-03-04')");
    run("DROP TABLE tollgate_events");
    run("DELETE FROM tollgate_migrations");
    BOOST_TEST(migrate(pool, noon) == migration_names(), boost::test_tools::per_element());
    BOOST_TEST(count("tollgate_events") == 0);
    BOOST_TEST(count("tollgate_api_keys") == 1);
}

BOOST_FIXTURE_TEST_CASE(rows_of_the_first_release_are_kept, OldDatabase)
{
    BOOST_TEST(applied_migration(pool) == 1);
    const auto before = old_columns();
    const auto evidence = contents({"tollgate_evidence"});
    const auto names = migration_names();
    const std::vector<std::string> newer{names.begin() + 1, names.end()};
    BOOST_TEST(migrate(pool, noon) == newer, boost::test_tools::per_element());
    BOOST_TEST((old_columns() == before));
    BOOST_TEST((contents({"tollgate_evidence"}) == evidence));

    const auto payments =
        rows("SELECT opening_until, refund_id, refund_minor, refund_total_minor, refund_ref, "
             "gateway_name, payment_link FROM tollgate_payments ORDER BY id");
    const Row paid{"1970-01-01 00:00:00", "", "", "", "", "cinetpay", "https://pay.example/1"};
    const Row pending{"1970-01-01 00:00:00", "", "", "", "", "cinetpay", ""};
    BOOST_TEST(payments.at(0) == paid, boost::test_tools::per_element());
    BOOST_TEST(payments.at(1) == pending, boost::test_tools::per_element());
    // And they can be read.
    pool.run([&](Connection& connection) {
        const auto found =
            connection
                .statement("SELECT " + payment_columns + " FROM tollgate_payments ORDER BY id")
                .query();
        BOOST_REQUIRE(found->next());
        const auto payment = read_payment(*found);
        BOOST_TEST((payment.state == Status::paid));
        BOOST_TEST(!payment.refund.has_value());
        BOOST_TEST((payment.opening_until == Instant{}));
        return true;
    });
}

BOOST_FIXTURE_TEST_CASE(an_alteration_whose_record_was_lost_is_not_made_twice, OldDatabase)
{
    migrate(pool, noon);
    const auto schema = rows(tables_and_columns);
    const auto before = contents({"tollgate_payments"});
    run("DELETE FROM tollgate_migrations WHERE number > 1"); // it died before it wrote this
    const auto names = migration_names();
    const std::vector<std::string> newer{names.begin() + 1, names.end()};
    BOOST_TEST(migrate(pool, noon) == newer, boost::test_tools::per_element());
    BOOST_TEST((rows(tables_and_columns) == schema));
    BOOST_TEST((contents({"tollgate_payments"}) == before));
    BOOST_TEST(migrate(pool, noon).empty());
}

BOOST_FIXTURE_TEST_CASE(rows_of_the_first_release_may_be_migrated_by_many, OldDatabase)
{
    const auto before = old_columns();
    together(4, [&](std::size_t) { return migrate(pool, noon).size(); });
    BOOST_TEST(applied_migration(pool) == newest_migration());
    BOOST_TEST((old_columns() == before));
}

// The names that shops know a payment's columns by cannot be written.
BOOST_FIXTURE_TEST_CASE(a_columns_other_name_follows_it, OldDatabase)
{
    migrate(pool, noon);
    run("UPDATE tollgate_payments SET payment_url = 'https://pay.example/2', gateway = 'other'");
    BOOST_TEST(
        count("tollgate_payments WHERE payment_link = 'https://pay.example/2' AND gateway_name = "
              "'other'") == 2
    );
}

BOOST_FIXTURE_TEST_CASE(programs_may_migrate_at_the_same_time, TestDatabase)
{
    together(4, [&](std::size_t) { return migrate(pool, noon).size(); });
    BOOST_TEST(applied_migration(pool) == newest_migration());
    BOOST_TEST(count("tollgate_migrations") == newest_migration());
}

BOOST_FIXTURE_TEST_CASE(every_code_fits_its_column, TestDatabase)
{
    migrate(pool, noon);
    const auto width = [&](const std::string& table, const std::string& column) {
        return std::stoul(value(
            "SELECT character_maximum_length FROM information_schema.columns WHERE table_schema = "
            "DATABASE() AND table_name = 'tollgate_" +
            table + "' AND column_name = '" + column + "'"
        ));
    };
    const auto fits = [](std::string_view code, std::size_t characters) {
        BOOST_TEST(code.size() <= characters, code);
    };
    for (auto i = 0; i <= static_cast<int>(Status::refunded); ++i) {
        const auto text = code(static_cast<Status>(i));
        fits(text, width("payments", "status"));
        fits(text, width("events", "from_status"));
        fits(text, width("events", "to_status"));
    }
    std::string failures;
    for (auto i = 0; i <= static_cast<int>(Failure::failed); ++i) {
        const auto text = code(static_cast<Failure>(i));
        fits(text, width("payments", "failure"));
        failures += (i == 0 ? "" : ", ") + std::string{text};
    }
    for (auto i = 0; i <= static_cast<int>(Attention::refund_unknown); ++i) {
        fits(code(static_cast<Attention>(i)), width("payments", "attention"));
    }
    for (auto i = 0; i <= static_cast<int>(Source::operator_); ++i) {
        fits(code(static_cast<Source>(i)), width("evidence", "kind"));
    }
    fits("notification", width("evidence", "kind"));
    std::string proofs;
    for (auto i = 0; i <= static_cast<int>(Proof::signed_message); ++i) {
        const auto text = code(static_cast<Proof>(i));
        fits(text, width("evidence", "proof"));
        proofs += (i == 0 ? "" : ", ") + std::string{text};
    }
    const auto comment = [&](const std::string& column) {
        return value(
            "SELECT column_comment FROM information_schema.columns WHERE table_schema = DATABASE() "
            "AND column_name = '" +
            column + "'"
        );
    };
    BOOST_TEST(comment("failure") == failures);
    BOOST_TEST(comment("proof") == proofs);
    BOOST_TEST(width("payments", "reference") == reference_length);
    BOOST_TEST(width("payments", "order_ref") == order_ref_length_max);
    BOOST_TEST(width("payments", "gateway_ref") == gateway_ref_bytes_max);
    BOOST_TEST(width("payments", "payment_url") == payment_url_bytes_max);
    BOOST_TEST(width("payments", "refund_id") == reference_length);
    BOOST_TEST(width("payments", "refund_ref") == gateway_ref_bytes_max);
}

BOOST_AUTO_TEST_CASE(statements_are_split_outside_quotes_and_comments)
{
    struct {
        const char* name;
        const char* text;
        std::vector<std::string> statements;
    } const cases[] = {
        {"nothing", "", {}},
        {"blank", " \n\t", {}},
        {"only semicolons", ";; ;", {}},
        {"only a comment", "-- nothing; at all\n", {}},
        {"one", "A", {"A"}},
        {"two", "A;\nB;\n", {"A", "B"}},
        {"the last without its end", "A; B", {"A", "B"}},
        {"comment between", "A; -- x; y\nB;", {"A", "B"}},
        {"comment within", "A -- x\nB;", {"A \nB"}},
        {"comment with an apostrophe", "-- don't; stop\nA;", {"A"}},
        {"empty comment", "--\nA;", {"A"}},
        {"comment at the end", "A; -- x", {"A"}},
        {"no comment", "A 5--3;", {"A 5--3"}},
        {"single quotes", "A ';' 'it''s;';B", {"A ';' 'it''s;'", "B"}},
        {"double quotes", "A \";'\";B", {"A \";'\"", "B"}},
        {"backquotes", "A `;\\`;B", {"A `;\\`", "B"}},
        {"dashes in quotes", "A '-- ;';B", {"A '-- ;'", "B"}},
        {"escaped quote", "A '\\';';B", {"A '\\';'", "B"}},
        {"escaped backslash", "A '\\\\';B", {"A '\\\\'", "B"}},
    };
    for (const auto& c : cases) {
        BOOST_TEST(split_statements(c.text) == c.statements, boost::test_tools::per_element());
        BOOST_TEST_INFO(c.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
