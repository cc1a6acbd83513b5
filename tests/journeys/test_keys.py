"""The keyboard alone: lists are walked, dialogs refuse beside their field and give focus back."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect


def test_a_list_is_walked_and_left_without_a_mouse(signed_in: Callable[[str], Page]) -> None:
    page = signed_in("eleni")
    page.goto("/staff/people/clients/")
    rows = page.locator("[data-rows] tr[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowUp")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")

    find = page.locator(".n-find input")
    page.keyboard.press("/")
    expect(find).to_be_focused()
    page.keyboard.press("Escape")
    expect(find).not_to_be_focused()


def test_a_dialog_from_a_menu_refuses_in_place_and_gives_the_focus_back(
    signed_in: Callable[[str], Page],
) -> None:
    page = signed_in("eleni")
    page.goto("/staff/people/clients/1/")
    page.get_by_role("button", name="More", exact=True).press("Enter")
    page.locator("#more .item", has_text="Restrict").focus()
    page.keyboard.press("Enter")
    reason = page.locator("#dialog textarea[name=reason]")
    expect(reason).to_be_focused()
    page.locator("#dialog [type=submit]").press("Enter")
    expect(page.locator("#dialog")).to_contain_text("This is needed.")
    expect(reason).to_be_focused()

    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.get_by_role("button", name="More", exact=True)).to_be_focused()


def test_what_is_found_says_whose_it_is(signed_in: Callable[[str], Page]) -> None:
    page = signed_in("eleni")
    page.goto("/staff/")
    page.keyboard.press("Control+k")
    page.keyboard.type("vermeer")
    reviews = page.get_by_role("group", name="KYC reviews")
    expect(reviews.locator(".hit").first).to_contain_text("Vermeer")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()


def test_a_rule_is_changed_in_its_cells_and_a_flaw_stands_where_it_was_typed(
    signed_in: Callable[[str], Page],
) -> None:
    page = signed_in("adrian")
    page.goto("/staff/rules/table/payments.routing/")
    page.get_by_role("button", name="Draft a change").press("Enter")
    page.locator("#dialog [type=submit]").press("Enter")
    cells = page.locator("[data-cell]")
    expect(cells.first).to_be_visible()
    cells.first.focus()
    first, second = cells.nth(0).get_attribute("id"), cells.nth(1).get_attribute("id")

    page.keyboard.press("Enter")
    page.keyboard.type("never mind")
    page.keyboard.press("Escape")
    expect(page.locator(f"#{first}")).to_be_focused()
    expect(page.locator("ins")).to_have_count(0)

    page.keyboard.press("Enter")
    page.keyboard.type("< (")
    page.keyboard.press("Tab")
    expect(page.locator(f"td:has(#{second}) input")).to_be_focused()
    expect(page.locator(f"td:has(#{first}) .flaw")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f"#{second}")).to_be_focused()
    expect(page.locator(".n-decidebar")).to_contain_text("Not ready.")


def test_another_cell_waits_while_the_first_is_kept_and_a_refusal_stays_with_its_own(
    signed_in: Callable[[str], Page],
) -> None:
    page = signed_in("adrian")
    page.goto("/staff/rules/table/payments.approval/")
    page.get_by_role("button", name="Draft a change").click()
    page.locator("#dialog [type=submit]").click()
    cells = page.locator("[data-cell]")
    expect(cells.first).to_be_visible()
    first, second = cells.nth(0).get_attribute("id"), cells.nth(1).get_attribute("id")
    asked: list[Route] = []
    page.route("**/*", lambda route: _hold(route, asked))

    page.locator(f"#{first}").click()
    page.keyboard.type(">= 12000")
    page.keyboard.press("Enter")
    expect(page.locator(f"td:has(#{first}) input")).to_have_js_property("readOnly", value=True)
    page.locator(f"#{second}").click()
    expect(page.locator("td.is-editing")).to_have_count(1)
    asked.pop().continue_()
    expect(page.locator(f"td:has(#{second}) input")).to_be_focused()
    expect(page.locator(f"td:has(#{first})")).to_contain_text("12,000")

    long = "1" * 600
    page.locator(f"td:has(#{second}) input").evaluate("(field, text) => field.value = text", long)
    page.keyboard.press("Enter")
    expect(page.locator(f"td:has(#{second}) input")).to_have_js_property("readOnly", value=True)
    page.locator(f"#{first}").click()
    asked.pop().continue_()
    refused = page.locator(f"td:has(#{second})")
    expect(refused.locator("[role=alert]")).to_contain_text("500")
    expect(refused.locator("input")).to_be_focused()
    expect(refused.locator("input")).to_have_value(long)
    expect(page.locator(f"td:has(#{first}) input")).to_have_count(0)
    page.unroute_all()


def _hold(route: Route, asked: list[Route]) -> None:
    """What is sent waits until the test lets it go; everything else passes."""
    if route.request.method == "POST":
        asked.append(route)
    else:
        route.continue_()


def test_a_dealer_finds_the_live_book_walks_it_and_opens_a_row(
    signed_in: Callable[[str], Page],
) -> None:
    page = signed_in("tom")
    page.goto("/staff/")
    page.keyboard.press("Control+k")
    page.keyboard.type("exposure")
    expect(page.locator("#hits [aria-selected=true]")).to_contain_text("Exposure")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/exposure/now/")
    rows = page.locator("#book tr[data-row]")
    page.keyboard.press("j")
    code = rows.nth(1).get_attribute("data-row")
    expect(page.locator(f"#row-{code}")).to_be_focused()
    with page.expect_response("**part=live**"):
        pass
    expect(page.locator(f"#row-{code}")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**open={code}**")
    expect(page.get_by_role("heading", name=f"Who is behind {code}")).to_be_visible()
