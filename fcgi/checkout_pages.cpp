#include "fcgi/checkout_pages.hpp"

#include "core/gateways/registry.hpp"
#include "core/support/check.hpp"

namespace tollgate {
namespace {

constexpr std::string_view customer_prefix = "customer.";

Page page_with_form(const CheckoutView& view, std::string_view text)
{
    Page page{.kind = "pay", .title = "pay_title", .text = text};
    page.details = {
        .amount = major_text(view.price) + " " + std::string{code(view.price.currency)},
        .order = view.order.get(),
        .reference = {},
    };
    page.form.emplace(Page::Form{.action = view.action});
    return page;
}

std::string_view text_of(Flow flow)
{
    switch (flow) {
    case Flow::hosted_page: return "pay_page_text";
    case Flow::phone_prompt: return "pay_prompt_text";
    case Flow::on_delivery: return "pay_on_delivery_text";
    }
    impossible("flow");
}

std::string_view member_of(std::string_view field)
{
    check(field.starts_with(customer_prefix), "only a customer is asked");
    return field.substr(customer_prefix.size());
}

std::string input_type(std::string_view member)
{
    if (member == "phone") return "tel";
    return member == "email" ? "email" : "text";
}

} // namespace

std::string answer_name(std::string_view field)
{
    return "payer_" + std::string{member_of(field)};
}

Page pay_page(const CheckoutView& view, const Gateway& gateway)
{
    auto page = page_with_form(view, text_of(gateway.capabilities().flow));
    page.form->buttons.push_back({.value = std::string{gateway.name()}, .label = {}});
    return page;
}

Page choice_page(const CheckoutView& view, const std::vector<const Gateway*>& gateways)
{
    auto page = page_with_form(view, "pay_choice_text");
    for (const auto* gateway : gateways) {
        const auto* kind = find_kind(gateway->name());
        check(kind != nullptr, "a gateway without a kind");
        page.form->buttons.push_back(
            {.value = std::string{gateway->name()}, .label = std::string{kind->title}}
        );
    }
    return page;
}

Page question_page(
    const CheckoutView& view,
    const Gateway& gateway,
    const FieldErrors& missing,
    const Fields& answers
)
{
    auto page = pay_page(view, gateway);
    page.text = "pay_question_text";
    for (const auto& [name, rule] : missing) {
        const std::string member{member_of(name)};
        const auto answer = answer_name(name);
        if (has_field(answers, answer)) page.text = "pay_wrong_answer_text";
        page.form->inputs.push_back({
            .name = answer,
            .label = "your_" + member,
            .type = input_type(member),
            .value = std::string{field(answers, answer)},
        });
    }
    if (page.text == "pay_wrong_answer_text") page.status = 422;
    return page;
}

Page invalid_link_page(int status)
{
    return {
        .status = status,
        .kind = "unknown",
        .title = "link_invalid_title",
        .text = "link_invalid_text"};
}

Page expired_link_page()
{
    return {
        .status = 410,
        .kind = "unpaid",
        .title = "link_expired_title",
        .text = "link_expired_text"};
}

Page closed_order_page()
{
    return {
        .status = 409,
        .kind = "unknown",
        .title = "order_closed_title",
        .text = "order_closed_text"};
}

Page other_amount_page()
{
    return {
        .status = 409,
        .kind = "review",
        .title = "other_amount_title",
        .text = "other_amount_text"};
}

Page impossible_payment_page()
{
    return {
        .status = 422,
        .kind = "trouble",
        .title = "impossible_payment_title",
        .text = "impossible_payment_text"};
}

} // namespace tollgate
