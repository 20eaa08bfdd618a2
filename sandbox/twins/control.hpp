// The control interface of a twin, below `/<gateway>/twin/`: how tests and the demo tell it what
// happens next. docs/sandbox.md describes each call.
#pragma once

#include "sandbox/twins/twin.hpp"

#include <string_view>

namespace tollgate::twins {

Response control_behaviour(const Twin& twin, const Request& request, std::string_view matched);
Response control_decide(const Twin& twin, const Request& request, std::string_view matched);
Response control_refund(const Twin& twin, const Request& request, std::string_view matched);
Response control_tokens(const Twin& twin, const Request& request, std::string_view matched);
Response control_notify(const Twin& twin, const Request& request, std::string_view matched);
Response control_transactions(const Twin& twin, const Request& request, std::string_view matched);
Response control_seed(const Twin& twin, const Request& request, std::string_view matched);

} // namespace tollgate::twins
