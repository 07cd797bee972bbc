// Stand-ins that a person acts on: button, link, fields. Real native controls are inside.
import { Lite } from './base';

export class Button extends Lite {
  static override props = [
    'variant',
    'tone',
    'disabled',
    'loading',
    'href',
    'target',
    'type',
    'accessibilityLabel',
  ];
  static override styles = `
:host { display: inline-block; }
button { border: 1px solid var(--border); background: var(--surface); color: var(--text); border-radius: 8px; padding: 5px 12px; font-weight: 550; cursor: pointer; min-height: 30px; }
button:hover { background: var(--hover); }
button:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
button.primary { background: var(--primary); color: var(--on-primary); border-color: var(--primary); }
button.tertiary { border-color: transparent; background: transparent; }
button.critical { color: var(--critical-text); }
button:disabled { opacity: 0.55; cursor: default; }
`;
  protected draw(): void {
    this.root.innerHTML = '<button type="button"><slot></slot></button>';
    this.inner('button').addEventListener('click', (event) => {
      if (this.flag('disabled') || this.flag('loading')) event.stopImmediatePropagation();
    });
  }
  protected override update(): void {
    const button = this.inner<HTMLButtonElement>('button');
    button.className = `${this.text('variant')} ${this.text('tone')}`;
    button.disabled = this.flag('disabled') || this.flag('loading');
    button.setAttribute('aria-busy', String(this.flag('loading')));
    const label = this.text('accessibilityLabel');
    if (label) button.setAttribute('aria-label', label);
  }
}

export class Link extends Lite {
  static override props = ['href', 'target', 'tone', 'accessibilityLabel'];
  static override styles = `
:host { display: inline; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--focus); border-radius: 4px; }
`;
  protected draw(): void {
    this.root.innerHTML = '<a><slot></slot></a>';
  }
  protected override update(): void {
    const anchor = this.inner<HTMLAnchorElement>('a');
    anchor.href = this.text('href');
    anchor.target = this.text('target');
    const label = this.text('accessibilityLabel');
    if (label) anchor.setAttribute('aria-label', label);
  }
}

const FIELD_STYLES = `
:host { display: block; }
label { display: block; font-size: 13px; margin-bottom: 4px; }
label.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
input, select { width: 100%; min-height: 32px; padding: 4px 10px; border: 1px solid var(--field-border); border-radius: 8px; background: var(--surface); color: var(--text); }
input:focus-visible, select:focus-visible { outline: 2px solid var(--focus); outline-offset: 0; }
input[aria-invalid="true"], select[aria-invalid="true"] { border-color: var(--critical); }
.error { color: var(--critical-text); font-size: 12px; margin-top: 3px; }
.details { color: var(--subdued); font-size: 12px; margin-top: 3px; }
.error:empty, .details:empty { display: none; }
`;
const FIELD_PROPS = [
  'label',
  'labelAccessibilityVisibility',
  'value',
  'placeholder',
  'details',
  'error',
  'disabled',
  'name',
];

abstract class Field extends Lite {
  static override props: readonly string[] = FIELD_PROPS;
  static override styles = FIELD_STYLES;
  protected abstract control(): string;

  protected draw(): void {
    this.root.innerHTML = `<label for="control"></label>${this.control()}
<div class="details" id="details"></div><div class="error" id="error" role="alert"></div>`;
    const control = this.inner<HTMLInputElement>('#control');
    control.setAttribute('aria-describedby', 'details error');
    for (const kind of ['input', 'change']) {
      control.addEventListener(kind, (event) => {
        event.stopPropagation();
        this.values.value = control.value;
        this.dispatchEvent(new Event(kind, { bubbles: true }));
      });
    }
  }

  protected override update(): void {
    const control = this.inner<HTMLInputElement>('#control');
    const label = this.inner<HTMLLabelElement>('label');
    label.textContent = this.text('label');
    label.className = this.text('labelAccessibilityVisibility') === 'exclusive' ? 'hidden' : '';
    control.disabled = this.flag('disabled');
    if (control.value !== this.text('value')) control.value = this.text('value');
    if ('placeholder' in control) control.placeholder = this.text('placeholder');
    control.setAttribute('aria-invalid', String(this.text('error') !== ''));
    this.inner('.error').textContent = this.text('error');
    this.inner('.details').textContent = this.text('details');
  }
}

export class TextField extends Field {
  protected control(): string {
    return '<input id="control" type="text">';
  }
}

export class SearchField extends Field {
  protected control(): string {
    return '<input id="control" type="search">';
  }
}

export class NumberField extends Field {
  static override props = [...FIELD_PROPS, 'min', 'max', 'step'];
  protected control(): string {
    return '<input id="control" type="number" inputmode="numeric">';
  }
  protected override update(): void {
    super.update();
    const control = this.inner<HTMLInputElement>('#control');
    for (const limit of ['min', 'max', 'step'] as const) {
      if (this.text(limit)) control[limit] = this.text(limit);
    }
  }
}

export class Select extends Field {
  private watcher = new MutationObserver(() => this.copyOptions());
  protected control(): string {
    return '<select id="control"></select>';
  }
  override connectedCallback(): void {
    super.connectedCallback();
    this.watcher.observe(this, {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
    });
    this.copyOptions();
  }
  disconnectedCallback(): void {
    this.watcher.disconnect();
  }
  private copyOptions(): void {
    const select = this.inner<HTMLSelectElement>('select');
    if (!select) return;
    select.replaceChildren(
      ...[...this.querySelectorAll('s-option')].map((option) => {
        const made = document.createElement('option');
        made.value = String(
          (option as unknown as { value?: string }).value ?? option.getAttribute('value') ?? '',
        );
        made.textContent = option.textContent;
        return made;
      }),
    );
    select.value = this.text('value');
  }
}

export class Option extends Lite {
  static override props = ['value', 'selected', 'disabled'];
  protected draw(): void {}
}

export class Checkbox extends Lite {
  static override props = [
    'label',
    'accessibilityLabel',
    'checked',
    'disabled',
    'name',
    'value',
    'details',
    'error',
  ];
  static override styles = `
:host { display: inline-block; }
label { display: flex; gap: 8px; align-items: center; cursor: pointer; }
input { width: 16px; height: 16px; accent-color: var(--primary); }
`;
  protected draw(): void {
    this.root.innerHTML = '<label><input type="checkbox"><span></span></label>';
    const box = this.inner<HTMLInputElement>('input');
    box.addEventListener('change', (event) => {
      event.stopPropagation();
      this.values.checked = box.checked;
      this.dispatchEvent(new Event('change', { bubbles: true }));
    });
  }
  protected override update(): void {
    const box = this.inner<HTMLInputElement>('input');
    box.checked = this.flag('checked');
    box.disabled = this.flag('disabled');
    const told = this.text('accessibilityLabel');
    if (told) box.setAttribute('aria-label', told);
    this.inner('span').textContent = this.text('label');
  }
}
