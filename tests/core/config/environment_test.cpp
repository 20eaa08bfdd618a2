#include "core/config/config.hpp"
#include "tests/core/config/loading.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace tollgate;
using namespace tollgate::loading;

BOOST_AUTO_TEST_SUITE(environment_test)

BOOST_AUTO_TEST_CASE(the_path_of_the_file)
{
    const auto named = environment_of({{"TOLLGATE_CONFIG", "/from/environment.toml"}});
    BOOST_TEST(config_path("/option.toml", named) == "/option.toml");
    BOOST_TEST(config_path("", named) == "/from/environment.toml");
    const std::string usual = "/etc/tollgate/tollgate.toml";
    const auto expected = std::filesystem::exists(usual) ? usual : "";
    BOOST_TEST(config_path("", environment_of({{"TOLLGATE_CONFIG", ""}})) == expected);
}

BOOST_AUTO_TEST_CASE(the_environment_of_the_process)
{
    ::setenv("TOLLGATE_CONFIG_TEST", "value", 1);
    ::unsetenv("TOLLGATE_CONFIG_TEST_UNSET");
    const auto environment = process_environment();
    BOOST_TEST(environment("TOLLGATE_CONFIG_TEST").value_or("unset") == "value");
    BOOST_TEST(!environment("TOLLGATE_CONFIG_TEST_UNSET").has_value());
    ::unsetenv("TOLLGATE_CONFIG_TEST");
}

BOOST_AUTO_TEST_SUITE_END()
