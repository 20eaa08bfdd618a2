#include "core/downloads/bought_file.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace tollgate;

namespace {

namespace fs = std::filesystem;

struct Folder {
    Folder()
    {
        std::string name = (fs::temp_directory_path() / "tollgate-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        fs::create_directories(path / "files/books");
        write("secret", "not for sale");
        write("files/a.pdf", "0123456789");
        write("files/books/b.pdf", "b");
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const char* name, const char* content) const
    {
        std::ofstream{path / name, std::ios::binary} << content;
    }

    std::optional<BoughtFile> open(std::string_view name) const
    {
        return open_bought_file((path / "files").string(), name);
    }

    fs::path path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(bought_file_test)

BOOST_FIXTURE_TEST_CASE(a_file_is_opened_with_what_distinguishes_it, Folder)
{
    const auto file = open("a.pdf");
    BOOST_TEST_REQUIRE(file.has_value());
    BOOST_TEST(file->bytes == 10);
    struct stat status {};
    ::stat((path / "files/a.pdf").c_str(), &status);
    BOOST_TEST((file->validators.modified.time_since_epoch().count() == status.st_mtime));
    BOOST_TEST(file->validators.tag.ends_with("-a\""));
    BOOST_TEST(open("books/b.pdf").has_value());
}

BOOST_FIXTURE_TEST_CASE(the_folder_itself_may_be_a_link, Folder)
{
    fs::create_directory_symlink(path / "files", path / "current");
    BOOST_TEST(open_bought_file((path / "current").string(), "a.pdf").has_value());
}

BOOST_FIXTURE_TEST_CASE(nothing_leads_out_of_the_folder, Folder)
{
    const auto files = path / "files";
    fs::create_symlink("../secret", files / "up.pdf");
    fs::create_symlink(path / "secret", files / "absolute.pdf");
    fs::create_symlink("a.pdf", files / "inside.pdf");
    fs::create_directory_symlink("..", files / "parent");
    fs::create_directory_symlink("books", files / "shelf");
    for (const auto* name :
         {"up.pdf",
          "absolute.pdf",
          "inside.pdf",
          "parent/secret",
          "shelf/b.pdf",
          "../secret",
          "books/../../secret",
          "/etc/passwd"}) {
        BOOST_TEST(!open(name).has_value(), name);
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_no_ordinary_file_is_none, Folder)
{
    BOOST_REQUIRE(::mkfifo((path / "files/pipe").c_str(), 0600) == 0);
    for (const auto* name : {"pipe", "books", "missing", "missing/a.pdf", "a.pdf/b.pdf", ""})
        BOOST_TEST(!open(name).has_value(), name);
    BOOST_TEST(!open_bought_file("", "etc/passwd").has_value());
    BOOST_TEST(!open_bought_file("/nowhere", "a.pdf").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
