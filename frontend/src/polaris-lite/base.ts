// The base of our own small stand-ins for Polaris: properties, attributes and one shadow root.

const SHARED = `
:host { box-sizing: border-box; font: inherit; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; font: inherit; }
`;

/** A custom element whose properties and attributes are one and the same set of values. */
export abstract class Lite extends HTMLElement {
  static props: readonly string[] = [];
  static styles = '';
  readonly root: ShadowRoot;
  protected values: Record<string, unknown> = {};
  private drawn = false;

  constructor() {
    super();
    const kind = this.constructor as typeof Lite;
    this.root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHARED + kind.styles);
    this.root.adoptedStyleSheets = [sheet];
  }

  /** Fills the shadow root once. */
  protected abstract draw(): void;

  /** Shows the current values. */
  protected update(): void {}

  connectedCallback(): void {
    if (!this.drawn) {
      this.drawn = true;
      this.draw();
    }
    this.update();
  }

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    const kind = this.constructor as typeof Lite;
    const prop = kind.props.find((one) => one.toLowerCase() === name);
    if (prop) this.set(prop, value === '' ? true : value);
  }

  protected text(prop: string): string {
    const value = this.values[prop];
    return value === undefined || value === null || value === true ? '' : String(value);
  }

  protected flag(prop: string): boolean {
    const value = this.values[prop];
    return value !== undefined && value !== null && value !== false && value !== 'false';
  }

  protected inner<Kind extends Element>(selector: string): Kind {
    return this.root.querySelector(selector) as Kind;
  }

  set(prop: string, value: unknown): void {
    this.values[prop] = value;
    if (this.drawn) this.update();
  }

  get(prop: string): unknown {
    return this.values[prop];
  }
}

/** Registers a stand-in, unless the real one is there already. */
export function define(tag: string, kind: typeof Lite): void {
  if (customElements.get(tag)) return;
  Object.defineProperty(kind, 'observedAttributes', {
    value: kind.props.map((prop) => prop.toLowerCase()),
  });
  for (const prop of kind.props) {
    if (Object.getOwnPropertyDescriptor(kind.prototype, prop)) continue;
    Object.defineProperty(kind.prototype, prop, {
      get(this: Lite) {
        return this.get(prop);
      },
      set(this: Lite, value: unknown) {
        this.set(prop, value);
      },
    });
  }
  customElements.define(tag, kind as unknown as CustomElementConstructor);
}
