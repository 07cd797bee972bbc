// Journals: what Amazon bought, paid and took off, as entries for QuickBooks, Xero or Odoo.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, send } from '../api/client';
import type { Journal, JournalSettings } from '../api/journals';
import { useResource } from '../api/queries';
import { toast } from '../shell/appBridge';
import { Badge, Banner, Button, Card, Page, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Figures, Loaded, Table } from '../ui/patterns';

const SOFTWARE = ['quickbooks', 'xero', 'odoo'];

/** The month before this one, as most books are kept. */
function lastMonth(): [string, string] {
  const now = new Date();
  const at = (month: number, day: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), month, day)).toISOString().slice(0, 10);
  return [at(now.getUTCMonth() - 1, 1), at(now.getUTCMonth(), 0)];
}

export default function Journals() {
  const { t } = useTranslation();
  const query = useResource<JournalSettings>('/journals/settings');
  return (
    <Page heading={t('journals.title')}>
      <Loaded query={query}>
        {(settings) => (
          <>
            <Period settings={settings} />
            <AccountMap kept={settings} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Period({ settings }: { settings: JournalSettings }) {
  const { t } = useTranslation();
  const [[from, to], setDays] = useState(lastMonth);
  const [currency, setCurrency] = useState(settings.currencies[0] ?? '');
  const [software, setSoftware] = useState('quickbooks');
  const save = useMutation({
    mutationFn: () =>
      download(
        `/journals/file?${new URLSearchParams({ from_day: from, to_day: to, currency, software })}`,
      ),
  });
  if (settings.currencies.length === 0) {
    return (
      <Card>
        <Empty>{t('journals.nothing')}</Empty>
      </Card>
    );
  }
  return (
    <Card heading={t('journals.period')}>
      {save.error && <Failure error={save.error} />}
      <div className="filters top">
        <TextField label={t('journals.from')} value={from} onChange={(day) => setDays([day, to])} />
        <TextField label={t('journals.to')} value={to} onChange={(day) => setDays([from, day])} />
        <Select
          label={t('journals.currency')}
          value={currency}
          onChange={setCurrency}
          options={settings.currencies.map((one) => ({ value: one, label: one }))}
        />
        <Select
          label={t('journals.software')}
          value={software}
          onChange={setSoftware}
          options={SOFTWARE.map((one) => ({ value: one, label: t(`journals.softwares.${one}`) }))}
        />
        <div>
          <Button primary busy={save.isPending} onClick={() => save.mutate()}>
            {t('journals.download')}
          </Button>
        </div>
      </div>
      <p>{t(`journals.hints.${software}`)}</p>
      <Shown from={from} to={to} currency={currency} />
    </Card>
  );
}

function Shown({ from, to, currency }: { from: string; to: string; currency: string }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  const query = useResource<Journal>('/journals', { from_day: from, to_day: to, currency });
  return (
    <Loaded query={query}>
      {(journal) =>
        journal.entries === 0 ? (
          <Empty>{t('journals.empty')}</Empty>
        ) : (
          <>
            {journal.missing.length > 0 && (
              <Banner tone="warning" heading={t('journals.missing')}>
                {journal.missing.map((part) => t(`journals.parts.${part}`)).join(', ')}
              </Banner>
            )}
            <Figures
              figures={[
                { label: t('journals.entries'), value: number(journal.entries) },
                { label: t('journals.debit'), value: money(journal.debit) },
                { label: t('journals.credit'), value: money(journal.credit) },
              ]}
            />
            <Table
              label={t('journals.byPart')}
              rows={journal.parts}
              rowKey={(row) => row.part}
              columns={[
                {
                  key: 'part',
                  label: t('journals.part'),
                  show: (row) => t(`journals.parts.${row.part}`),
                },
                {
                  key: 'account',
                  label: t('journals.account'),
                  show: (row) =>
                    row.account ?? <Badge tone="warning">{t('journals.noAccount')}</Badge>,
                },
                {
                  key: 'debit',
                  label: t('journals.debit'),
                  number: true,
                  show: (row) => money(row.debit),
                },
                {
                  key: 'credit',
                  label: t('journals.credit'),
                  number: true,
                  show: (row) => money(row.credit),
                },
              ]}
            />
            <Table
              label={t('journals.entries')}
              rows={journal.newest}
              rowKey={(row) => row.number}
              columns={[
                {
                  key: 'number',
                  label: t('journals.entry'),
                  show: (row) => <To to={row.path}>{row.number}</To>,
                },
                { key: 'day', label: t('journals.day'), show: (row) => row.day },
                {
                  key: 'kind',
                  label: t('journals.kind'),
                  show: (row) => t(`journals.kinds.${row.kind}`),
                },
                {
                  key: 'amount',
                  label: t('journals.debit'),
                  number: true,
                  show: (row) => money(row.amount),
                },
              ]}
            />
          </>
        )
      }
    </Loaded>
  );
}

function AccountMap({ kept }: { kept: JournalSettings }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(kept);
  const change = (part: string, account: string) =>
    setTyped({
      ...typed,
      accounts: typed.accounts.map((one) => (one.part === part ? { ...one, account } : one)),
    });
  const save = useMutation({
    mutationFn: () => send('PUT', '/journals/settings', { ...typed, currencies: undefined }),
    onSuccess: () => toast(t('common.saved')),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('journals.map')}>
      {save.error && <Failure error={save.error} />}
      <p>{t('journals.mapHint')}</p>
      <div className="filters top">
        {typed.accounts.map((one) => (
          <TextField
            key={one.part}
            label={t(`journals.parts.${one.part}`)}
            value={one.account ?? ''}
            onChange={(account) => change(one.part, account)}
          />
        ))}
        <TextField
          label={t('journals.customer')}
          value={typed.customer}
          onChange={(customer) => setTyped({ ...typed, customer })}
        />
        <TextField
          label={t('journals.taxRate')}
          value={typed.tax_rate}
          onChange={(tax_rate) => setTyped({ ...typed, tax_rate })}
        />
        <TextField
          label={t('journals.odooJournal')}
          value={typed.journal}
          onChange={(journal) => setTyped({ ...typed, journal })}
        />
        <div>
          <Button busy={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </div>
      </div>
    </Card>
  );
}
