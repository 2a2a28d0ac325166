/** As much of a page as `LineEditor` needs: elements that are in one another, and tell of what happens to them. */

export class FakeElement extends EventTarget {
  /** @type {FakeElement[]} */
  children = [];
  /** @type {FakeElement | null} */
  parent = null;
  /** @type {Set<string>} */
  classes = new Set();
  textContent = "";
  className = "";
  value = "";
  classList = {
    /** @param {string} name */
    add: (name) => this.classes.add(name),
    /** @param {string} name */
    remove: (name) => this.classes.delete(name),
  };

  /** Only what stands below `page` is on the page. */
  get isConnected() {
    /** @type {FakeElement | null} */
    let element = this;
    while (element && element !== page) element = element.parent;
    return element === page;
  }

  /** @param {FakeElement[]} children */
  append(...children) {
    for (const child of children) child.parent = this;
    this.children.push(...children);
  }

  remove() {
    this.parent?.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
  }

  setAttribute() {}

  focus() {}

  requestSubmit() {
    this.dispatchEvent(new Event("submit", { cancelable: true }));
  }

  /** @param {string} words @returns {FakeElement} */
  button(words) {
    const found = this.all().find((each) => each.textContent === words);
    if (!found) throw new Error(`no button ${words}`);
    return found;
  }

  /** @returns {FakeElement[]} */
  all() {
    return [this, ...this.children.flatMap((child) => child.all())];
  }
}

export const page = new FakeElement();

/** In place of the browser's. */
export function pageStart() {
  Object.assign(globalThis, { document: { createElement: () => new FakeElement() }, Option: FakeElement });
}
