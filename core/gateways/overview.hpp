// What a gateway can do, in the words of the table in README.md and of `tollgate gateways`.
#pragma once

#include "core/gateways/gateway.hpp"

#include <string>

namespace tollgate {

struct Overview {
    std::string flow;          ///< `hosted page`, `phone prompt`, `on delivery`
    std::string notifications; ///< `signed`, `shared secret`, `unsigned`, `none`
    std::string check;         ///< `yes`, `no`
    std::string refund;        ///< `none`, `full`, `partial`
    std::string currencies;    ///< `XOF XAF`, `every`
};

Overview overview(const Capabilities& can);

} // namespace tollgate
