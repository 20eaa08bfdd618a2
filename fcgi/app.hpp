// Everything tollgate.fcgi is made of, put together from a configuration.
#pragma once

#include "core/config/config.hpp"
#include "fcgi/pages/theme.hpp"
#include "fcgi/router.hpp"

#include <memory>

namespace tollgate {

class App {
public:
    /// Throws when the profile cannot be read. Does not need the database to be there yet.
    App(const Config& config, const Theme& theme);
    /// Finishes what is being asked within a few seconds; the rest stays due in the table.
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    Response operator()(const Request& request) const;
    /// Answers every request that waits for something to change, now and from now on.
    void stop_waiting();

    /// Logs what of the shop's profile its tables do not fit. What it is for goes on meanwhile:
    /// notifications are kept, and settled once the tables are right.
    void check_profile() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    Router router_;
};

} // namespace tollgate
