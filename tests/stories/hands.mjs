// How people use a page: with a pointer or by keyboard alone, with and without JavaScript, on whatever screen, in their
// language. A story that is told through hands holds in every form.
import assert from "node:assert/strict";

/** The forms in which what people do most is told: what the browser is told, and whether there is only a keyboard. */
export const FORMS = [
  { name: "with a pointer", context: {} },
  { name: "without JavaScript", context: { javaScriptEnabled: false }, isWithoutScript: true },
  { name: "on a phone of 360 pixels", context: { viewport: { width: 360, height: 740 } } },
  { name: "with everything twice as large", context: { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 } },
  { name: "in Spanish", context: { locale: "es-MX" }, isSpanish: true },
  { name: "by keyboard alone", context: {}, isByKeyboard: true },
];

/** More presses of the tab key than any page needs. */
const TABS_MAXIMUM = 200;

/** The hands of a form on a page. Selectors are CSS; the first element that one finds is meant. */
export function hands(page, form) {
  return form.isByKeyboard ? new Keyboard(page) : new Pointer(page);
}

class Pointer {
  constructor(page) {
    this.page = page;
  }

  async fill(selector, text) {
    await this.page.locator(selector).first().fill(text);
  }

  /** Follows a link or presses a button, and waits for the page that comes. */
  async press(selector) {
    await leave(this.page, () => this.page.locator(selector).first().click());
  }

  /** Chooses from a list, by value. */
  async select(selector, value) {
    await this.page.locator(selector).selectOption(value);
  }

  /** Chooses a radio button or ticks a box: by its label, as the design system draws its own over the input. */
  async choose(selector) {
    const id = await this.page.locator(selector).first().getAttribute("id");
    await this.page.locator(`label[for='${id}']`).click();
  }
}

class Keyboard {
  constructor(page) {
    this.page = page;
  }

  /** Tabs on until an element has the focus; what has the focus must be seen to have it. */
  async reach(selector) {
    for (let tabs = 0; tabs < TABS_MAXIMUM; tabs++) {
      const [isThere, outline] = await this.page.evaluate((wanted) => {
        const active = document.activeElement;
        const marked = active?.matches("input[type=radio], input[type=checkbox]") ? active.labels[0] : active;
        const outlines = marked ? ["", "::before"].map((part) => getComputedStyle(marked, part || null).outlineStyle) : [];
        return [active?.matches(wanted) ?? false, outlines];
      }, selector);
      if (isThere) return assert.ok(outline.some((style) => style !== "none"), `the focus on ${selector} is seen`);
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`${selector} is not reached by keyboard`);
  }

  async fill(selector, text) {
    await this.reach(selector);
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.type(text);
  }

  async press(selector) {
    await this.reach(selector);
    await leave(this.page, () => this.page.keyboard.press("Enter"));
  }

  async select(selector, value) {
    await this.reach(selector);
    const chosen = () => this.page.locator(selector).inputValue();
    await this.page.keyboard.press("Home");
    for (let before; (await chosen()) !== value; ) {
      before = await chosen();
      await this.page.keyboard.press("ArrowDown");
      assert.notEqual(await chosen(), before, `${value} is not in ${selector}`);
    }
  }

  async choose(selector) {
    const field = this.page.locator(selector).first();
    if ((await field.getAttribute("type")) === "checkbox") {
      await this.reach(selector);
      await this.page.keyboard.press("Space");
    } else {
      const group = await field.getAttribute("name");
      await this.reach(`input[name='${group}']`);
      await this.page.keyboard.press("Space");
      for (let presses = 0; !(await field.isChecked()) && presses < 50; presses++) await this.page.keyboard.press("ArrowDown");
    }
    assert.ok(await field.isChecked(), selector);
  }
}

/** Does what leads to another page, and waits for it. */
async function leave(page, act) {
  await Promise.all([page.waitForNavigation(), act()]);
}
