// The only place with Polaris tags: screens import these, so that the layer below can change.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { whereabouts } from '../shell/sections';

type Tone = 'critical' | 'warning' | 'success' | 'info' | 'neutral';

export function Page(props: {
  heading: string;
  back?: { to: string; label: string };
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <s-page heading={props.heading}>
      {props.back && (
        <span slot="breadcrumb-actions">
          <To to={props.back.to}>← {props.back.label}</To>
        </span>
      )}
      {props.action && <span slot="primary-action">{props.action}</span>}
      <Neighbours />
      {props.children}
    </s-page>
  );
}

/** The screens of the group that this one belongs to. */
function Neighbours() {
  const { t } = useTranslation();
  const found = whereabouts(useLocation().pathname);
  if (!found) return null;
  return (
    <nav className="neighbours" aria-label={t(`nav.${found.section.word}`)}>
      {found.section.links.map((link) => (
        <span key={link.to} aria-current={link === found.link ? 'page' : undefined}>
          <To to={link.to}>{t(`nav.${link.word}`)}</To>
        </span>
      ))}
    </nav>
  );
}

export function Card(props: { heading?: string; flush?: boolean; children: ReactNode }) {
  return (
    <s-section heading={props.heading ?? ''} padding={props.flush ? 'none' : 'base'}>
      {props.children}
    </s-section>
  );
}

/** A link within the app; it keeps the frame instead of loading it anew. */
export function To(props: { to: string; children: ReactNode; label?: string }) {
  const navigate = useNavigate();
  return (
    <s-link
      href={props.to}
      accessibilityLabel={props.label ?? ''}
      onClick={(event: { metaKey?: boolean; ctrlKey?: boolean; preventDefault(): void }) => {
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        navigate(props.to);
      }}
    >
      {props.children}
    </s-link>
  );
}

export function Button(props: {
  children: ReactNode;
  onClick: () => void;
  primary?: boolean;
  busy?: boolean;
  disabled?: boolean;
}) {
  return (
    <s-button
      variant={props.primary ? 'primary' : 'secondary'}
      loading={props.busy ?? false}
      disabled={props.disabled ?? false}
      onClick={() => {
        if (!props.busy && !props.disabled) props.onClick();
      }}
    >
      {props.children}
    </s-button>
  );
}

export function Badge(props: { tone?: Tone; children: ReactNode }) {
  return <s-badge tone={props.tone ?? 'neutral'}>{props.children}</s-badge>;
}

export function Banner(props: {
  tone: Tone;
  heading?: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <s-banner tone={props.tone === 'neutral' ? 'info' : props.tone} heading={props.heading ?? ''}>
      {props.children}
      {props.action && <span slot="secondary-actions">{props.action}</span>}
    </s-banner>
  );
}

export function Spinner(props: { label: string }) {
  return <s-spinner accessibilityLabel={props.label} />;
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  details?: string | undefined;
  hideLabel?: boolean;
}
const typed = (event: unknown) =>
  (event as { currentTarget: { value?: string } }).currentTarget.value ?? '';

function common(props: FieldProps) {
  return {
    label: props.label,
    value: props.value,
    error: props.error ?? '',
    details: props.details ?? '',
    labelAccessibilityVisibility: props.hideLabel ? ('exclusive' as const) : ('visible' as const),
  };
}

export function TextField(props: FieldProps) {
  return <s-text-field {...common(props)} onInput={(event) => props.onChange(typed(event))} />;
}

export function SearchField(props: FieldProps) {
  return <s-search-field {...common(props)} onInput={(event) => props.onChange(typed(event))} />;
}

export function NumberField(props: FieldProps & { max?: number; step?: number }) {
  return (
    <s-number-field
      {...common(props)}
      min={0}
      {...(props.max === undefined ? {} : { max: props.max })}
      step={props.step ?? 1}
      onInput={(event) => props.onChange(typed(event))}
    />
  );
}

export function Select(props: FieldProps & { options: { value: string; label: string }[] }) {
  const { details: _details, ...given } = common(props);
  return (
    <s-select {...given} onChange={(event) => props.onChange(typed(event))}>
      {props.options.map((option) => (
        <s-option key={option.value} value={option.value}>
          {option.label}
        </s-option>
      ))}
    </s-select>
  );
}

export function Checkbox(props: {
  label: string;
  checked: boolean;
  hideLabel?: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <s-checkbox
      label={props.hideLabel ? '' : props.label}
      accessibilityLabel={props.label}
      checked={props.checked}
      onChange={(event) =>
        props.onChange(
          (event as unknown as { currentTarget: { checked: boolean } }).currentTarget.checked,
        )
      }
    />
  );
}

/** The links that the admin shows beside our name. */
export function AppNavigation(props: { links: { to: string; label: string }[] }) {
  return (
    <s-app-nav>
      {props.links.map((link) => (
        // The admin watches which links there are, not where each of them leads.
        <s-link key={link.to} href={link.to}>
          {link.label}
        </s-link>
      ))}
    </s-app-nav>
  );
}
