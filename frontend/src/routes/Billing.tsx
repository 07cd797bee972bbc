// How each vendor code is billed: what must be said once before anything is sent.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { send } from '../api/client';
import { MARKETPLACES } from '../api/marketplaces';
import { useResource } from '../api/queries';
import type { Party, Page as Rows, VendorCode } from '../api/types';
import { toast } from '../shell/appBridge';
import { Badge, Banner, Card, NumberField, Page, Select, TextField } from '../ui/elements';
import { Empty, Export, Failure, Loaded } from '../ui/patterns';
import { SaveForm } from '../ui/SaveForm';

const ADDRESS = ['name', 'line1', 'line2', 'city', 'state', 'postal_code', 'country'];

export default function Billing() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const query = useResource<Rows<VendorCode>>('/vendor-codes');
  return (
    <Page
      heading={t('invoices.billing.title')}
      back={{ to: '/invoices', label: t('invoices.title') }}
    >
      <Loaded query={query}>
        {(page) => {
          const wanted = search.get('code');
          const rows = page.data.filter((one) => !wanted || one.code === wanted);
          if (rows.length === 0)
            return (
              <Card>
                <Empty>{t('invoices.billing.empty')}</Empty>
              </Card>
            );
          return rows.map((one) => <One key={one.region + one.code} code={one} />);
        }}
      </Loaded>
      <div className="footer">
        <Export asked={{ path: '/vendor-codes', query: {} }} />
      </div>
    </Page>
  );
}

function One({ code }: { code: VendorCode }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState(code);
  const set = (said: Partial<VendorCode>) => setForm((before) => ({ ...before, ...said }));
  const save = useMutation({
    mutationFn: () => {
      const { code: _code, missing: _missing, ...body } = form;
      return send<VendorCode>('PUT', `/vendor-codes/${code.code}`, body);
    },
    onSuccess: () => toast(t('common.saved')),
    onSettled: () => queries.invalidateQueries(),
  });
  const word = (name: string) => t(`invoices.billing.fields.${name}`);
  const unknown = { value: '', label: t('invoices.billing.unknown') };
  const choice = (name: 'cost_basis' | 'tax_treatment', values: string[]) => (
    <Select
      label={word(name)}
      value={form[name] ?? ''}
      onChange={(value) => set({ [name]: value || null })}
      options={[
        unknown,
        ...values.map((one) => ({ value: one, label: t(`invoices.billing.${name}.${one}`) })),
      ]}
    />
  );
  const text = (name: 'payee_code' | 'tax_registration_number' | 'number_prefix') => (
    <TextField
      label={word(name)}
      details={t(`invoices.billing.hints.${name}`)}
      value={form[name] ?? ''}
      onChange={(value) => set({ [name]: name === 'number_prefix' ? value : value || null })}
    />
  );
  return (
    <Card heading={`${code.code} · ${t(`settings.regions.${code.region}`)}`}>
      {save.error && <Failure error={save.error} />}
      {code.missing.length > 0 ? (
        <Banner tone="warning" heading={t('invoices.billing.missing')}>
          {code.missing.map((name) => word(name)).join(' · ')}
        </Banner>
      ) : (
        <Badge tone="success">{t('invoices.billing.complete')}</Badge>
      )}
      <SaveForm busy={save.isPending} onSave={() => save.mutate()} onDiscard={() => setForm(code)}>
        <div className="fields">
          <Select
            label={word('marketplace')}
            value={form.marketplace ?? ''}
            onChange={(value) => set({ marketplace: value || null })}
            options={[
              unknown,
              ...(MARKETPLACES[code.region] ?? []).map((one) => ({ value: one, label: one })),
            ]}
          />
          {text('payee_code')}
          {choice('cost_basis', ['each', 'case'])}
          <Select
            label={word('tax_in_total')}
            value={form.tax_in_total === null ? '' : String(form.tax_in_total)}
            onChange={(value) => set({ tax_in_total: value === '' ? null : value === 'true' })}
            options={[
              unknown,
              { value: 'true', label: t('invoices.billing.included') },
              { value: 'false', label: t('invoices.billing.excluded') },
            ]}
          />
          {choice('tax_treatment', ['none', 'standard', 'reverse_charge'])}
          {text('tax_registration_number')}
          {text('number_prefix')}
          <NumberField
            label={word('next_number')}
            value={String(form.next_number)}
            onChange={(value) => set({ next_number: Number(value) })}
          />
          <NumberField
            label={word('terms')}
            value={form.terms ? String(form.terms.net_days) : ''}
            onChange={(value) =>
              set({
                terms: value
                  ? { ...(form.terms ?? { type: 'Basic' }), net_days: Number(value) }
                  : null,
              })
            }
          />
          <Select
            label={word('draft_from')}
            value={form.draft_from}
            onChange={(value) => set({ draft_from: value })}
            options={['hand', 'receipts', 'shipments'].map((one) => ({
              value: one,
              label: t(`invoices.billing.draft_from.${one}`),
            }))}
          />
        </div>
        <Address
          heading={word('remit_to')}
          party={form.remit_to}
          fields={ADDRESS}
          onChange={(remit_to) => set({ remit_to })}
        />
        <Address
          heading={word('bill_to')}
          party={form.bill_to}
          fields={['party_id', ...ADDRESS, 'tax_registration_number']}
          onChange={(bill_to) => set({ bill_to })}
        />
      </SaveForm>
    </Card>
  );
}

function Address(props: {
  heading: string;
  party: Party | null;
  fields: string[];
  onChange: (party: Party | null) => void;
}) {
  const { t } = useTranslation();
  const set = (name: string, value: string) => {
    const said = { ...(props.party ?? {}), [name]: value || null };
    props.onChange(Object.values(said).some(Boolean) ? said : null);
  };
  return (
    <>
      <h3>{props.heading}</h3>
      <div className="fields">
        {props.fields.map((name) => (
          <TextField
            key={name}
            label={t(`invoices.billing.fields.${name}`)}
            value={props.party?.[name] ?? ''}
            onChange={(value) => set(name, value)}
          />
        ))}
      </div>
    </>
  );
}
