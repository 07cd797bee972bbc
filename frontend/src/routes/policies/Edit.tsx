// One policy: its form, beside it what it would have done, and a second look before it is saved.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { Group, ItemBrief, Place, Preview, Scope, Terms } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Banner, Button, Card, NumberField, Select } from '../../ui/elements';
import { Failure } from '../../ui/patterns';
import { isWrong, NUMBERS, PRECEDENCES, read, summary, written } from './terms';
import { WouldHave } from './WouldHave';

export interface Target {
  scope: Scope;
  item: ItemBrief | null;
  group: { id: number; name: string } | null;
  location: { id: number; name: string } | null;
}

export function Edit(props: {
  target: Target;
  terms: Terms | null;
  groups: Group[];
  places: Place[];
  choose: (target: Target) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState(() => written(props.terms));
  const [sure, setSure] = useState(false);
  const { target } = props;
  const body = () => ({
    ...read(form),
    item_id: target.item?.id ?? null,
    group_id: target.group?.id ?? null,
    location_id: target.location?.id ?? null,
  });
  const preview = useMutation({
    mutationFn: () => send<Preview>('POST', '/policies/preview', { changes: [body()] }),
  });
  const save = useMutation({
    mutationFn: () => send('PUT', '/policies', body()),
    onSuccess: () => toast(t('common.saved')),
    onSettled: () => {
      setSure(false);
      return queries.invalidateQueries();
    },
  });
  const set = (field: keyof Terms) => (value: string) => {
    setForm({ ...form, [field]: value });
    setSure(false);
  };
  const wrong = NUMBERS.some((field) => isWrong(field, form[field]));
  const unchanged = JSON.stringify(written(props.terms)) === JSON.stringify(form);
  const choice = (field: 'take_back' | 'whole_cases') => (
    <Select
      label={t(`policies.fields.${field}`)}
      value={form[field]}
      onChange={set(field)}
      options={[
        { value: '', label: t('policies.inherit') },
        { value: 'true', label: t('policies.yes') },
        { value: 'false', label: t('policies.no') },
      ]}
    />
  );
  return (
    <div className="columns">
      <Card heading={t('policies.edit')}>
        <p className="subdued">{t('policies.intro')}</p>
        <Choose {...props} />
        <div className="filters top">
          {NUMBERS.map((field) => (
            <NumberField
              key={field}
              label={t(`policies.fields.${field}`)}
              details={t(`policies.hints.${field}`)}
              value={form[field]}
              onChange={set(field)}
              error={isWrong(field, form[field]) ? t(`policies.hints.${field}`) : undefined}
            />
          ))}
          <Select
            label={t('policies.fields.precedence')}
            value={form.precedence}
            onChange={set('precedence')}
            options={[
              { value: '', label: t('policies.inherit') },
              ...PRECEDENCES.map((one) => ({
                value: one,
                label: t(`policies.precedences.${one}`),
              })),
            ]}
          />
          {choice('take_back')}
          {choice('whole_cases')}
        </div>
        <p className="subdued">{t('policies.hints.inherit')}</p>
        {save.error && <Failure error={save.error} />}
        {sure && (
          <Banner
            tone="warning"
            heading={t('policies.reallySave', { what: summary(t, { ...read(form) }) })}
            action={
              <span>
                <Button primary busy={save.isPending} onClick={() => save.mutate()}>
                  {t('policies.confirm')}
                </Button>
                <Button onClick={() => setSure(false)}>{t('common.cancel')}</Button>
              </span>
            }
          />
        )}
        <div className="footer">
          <Button busy={preview.isPending} disabled={wrong} onClick={() => preview.mutate()}>
            {t('policies.preview')}
          </Button>
          <Button primary disabled={wrong || unchanged || sure} onClick={() => setSure(true)}>
            {t('policies.save')}
          </Button>
        </div>
      </Card>
      <WouldHave preview={preview} />
    </div>
  );
}

function Choose(props: {
  target: Target;
  groups: Group[];
  places: Place[];
  choose: (target: Target) => void;
}) {
  const { t } = useTranslation();
  const { target } = props;
  const chosen = target.item ? 'item' : target.group ? `group/${target.group.id}` : 'everything';
  const options = [
    { value: 'everything', label: t('policies.everything') },
    ...props.groups.map((group) => ({
      value: `group/${group.id}`,
      label: t('policies.groupOf', { name: group.name }),
    })),
    ...(target.item
      ? [{ value: 'item', label: target.item.sku || target.item.title }]
      : [{ value: 'choose', label: t('policies.chooseItem') }]),
  ];
  const pick = (value: string) => {
    const group = props.groups.find((one) => value === `group/${one.id}`) ?? null;
    if (group) props.choose({ ...target, scope: 'group', item: null, group });
    else if (value === 'everything')
      props.choose({ ...target, scope: 'everything', item: null, group: null });
  };
  return (
    <div className="filters">
      <Select label={t('policies.for')} value={chosen} onChange={pick} options={options} />
      <Select
        label={t('policies.location')}
        value={String(target.location?.id ?? '')}
        onChange={(value) =>
          props.choose({
            ...target,
            location: props.places.find((place) => String(place.id) === value) ?? null,
          })
        }
        options={[
          { value: '', label: t('policies.everywhere') },
          ...props.places.map((place) => ({ value: String(place.id), label: place.name })),
        ]}
      />
    </div>
  );
}
