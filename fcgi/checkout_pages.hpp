// What the checkout says to a customer.
#pragma once

#include "core/gateways/gateway.hpp"
#include "fcgi/json_response.hpp"
#include "fcgi/pages/pages.hpp"

#include <string>
#include <vector>

namespace tollgate {

/// What is to be paid, and where its form leads.
struct CheckoutView {
    OrderRef order;
    Money price;
    std::string action;
};

/// The last step before the payment is opened.
Page pay_page(const CheckoutView& view, const Gateway& gateway);
/// Several gateways fit.
Page choice_page(const CheckoutView& view, const std::vector<const Gateway*>& gateways);
/// The gateway wants to know more of the customer: the fields `customer.…` that `missing` names.
/// `answers` are what he gave before; some of it was wrong then.
Page question_page(
    const CheckoutView& view,
    const Gateway& gateway,
    const FieldErrors& missing,
    const Fields& answers
);

/// The name of a customer's answer in the form: `payer_phone` for `customer.phone`.
std::string answer_name(std::string_view field);

Page invalid_link_page(int status);
Page expired_link_page();
/// The shop does not want money for this order (any more).
Page closed_order_page();
/// An open payment of the order is about another amount.
Page other_amount_page();
/// The shop asks for something that cannot be paid so; its operator has to look.
Page impossible_payment_page();

} // namespace tollgate
