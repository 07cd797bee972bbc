// Stand-ins that lay things out: page, section, banner, badge, spinner.
import { Lite } from './base';

export class Page extends Lite {
  static override props = ['heading', 'inlineSize'];
  static override styles = `
:host { display: block; padding: 20px 24px 64px; max-width: 1240px; margin: 0 auto; }
header { display: flex; align-items: center; gap: 12px; margin-bottom: 16px; flex-wrap: wrap; }
h1 { font-size: 20px; font-weight: 650; margin: 0; flex: 1; min-width: 0; }
.content { display: grid; gap: 16px; }
@media (max-width: 600px) { :host { padding: 12px 12px 48px; } }
`;
  protected draw(): void {
    this.root.innerHTML = `<main><header><slot name="breadcrumb-actions"></slot><h1></h1>
<slot name="secondary-actions"></slot><slot name="primary-action"></slot></header>
<div class="content"><slot></slot></div></main>`;
  }
  protected override update(): void {
    this.inner('h1').textContent = this.text('heading');
  }
}

export class Section extends Lite {
  static override props = ['heading', 'padding'];
  static override styles = `
:host { display: block; background: var(--surface); border-radius: 12px; box-shadow: var(--shadow); overflow: hidden; }
section { padding: 16px; }
section.none { padding: 0; }
h2 { font-size: 14px; font-weight: 650; margin: 0 0 12px; }
section.none h2 { padding: 16px 16px 0; }
h2:empty { display: none; }
`;
  protected draw(): void {
    this.root.innerHTML = '<section><h2></h2><slot></slot></section>';
  }
  protected override update(): void {
    this.inner('h2').textContent = this.text('heading');
    this.inner('section').className = this.text('padding');
  }
}

export class Banner extends Lite {
  static override props = ['heading', 'tone'];
  static override styles = `
:host { display: block; border-radius: 12px; padding: 12px 16px; background: var(--info-surface); color: var(--text); }
:host([data-tone="critical"]) { background: var(--critical-surface); }
:host([data-tone="warning"]) { background: var(--warning-surface); }
:host([data-tone="success"]) { background: var(--success-surface); }
strong { display: block; font-weight: 650; }
strong:empty { display: none; }
.actions { margin-top: 8px; display: flex; gap: 8px; }
`;
  protected draw(): void {
    this.root.innerHTML = `<div role="status"><strong></strong><slot></slot>
<div class="actions"><slot name="secondary-actions"></slot></div></div>`;
  }
  protected override update(): void {
    this.inner('strong').textContent = this.text('heading');
    this.dataset.tone = this.text('tone');
    this.inner('div').setAttribute('role', this.text('tone') === 'critical' ? 'alert' : 'status');
  }
}

export class Badge extends Lite {
  static override props = ['tone'];
  static override styles = `
:host { display: inline-block; justify-self: start; padding: 1px 8px; border-radius: 8px; font-size: 12px; font-weight: 550; background: var(--neutral-surface); color: var(--text); white-space: nowrap; }
:host([data-tone="critical"]) { background: var(--critical-surface); color: var(--critical-text); }
:host([data-tone="warning"]) { background: var(--warning-surface); color: var(--warning-text); }
:host([data-tone="success"]) { background: var(--success-surface); color: var(--success-text); }
:host([data-tone="info"]) { background: var(--info-surface); color: var(--info-text); }
`;
  protected draw(): void {
    this.root.innerHTML = '<slot></slot>';
  }
  protected override update(): void {
    this.dataset.tone = this.text('tone');
  }
}

export class Spinner extends Lite {
  static override props = ['accessibilityLabel', 'size'];
  static override styles = `
:host { display: inline-block; }
div { width: 20px; height: 20px; border: 3px solid var(--border); border-top-color: var(--text); border-radius: 50%; animation: turn 0.9s linear infinite; }
@keyframes turn { to { transform: rotate(360deg); } }
@media (prefers-reduced-motion: reduce) { div { animation: none; } }
`;
  protected draw(): void {
    this.root.innerHTML = '<div role="progressbar"></div>';
  }
  protected override update(): void {
    this.inner('div').setAttribute('aria-label', this.text('accessibilityLabel'));
  }
}
