// Journals: what Amazon bought, paid and took off, as entries for QuickBooks, Xero or Odoo.
import { type UseQueryResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, send } from '../api/client';
import type { Journal, JournalExport, JournalSettings } from '../api/journals';
import { usePages, useResource } from '../api/queries';
import { toast } from '../shell/appBridge';
import { Badge, Banner, Button, Card, Page, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Figures, Listed, Loaded, Table } from '../ui/patterns';
import { SaveForm } from '../ui/SaveForm';

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
            <Exported />
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
  const queries = useQueryClient();
  const period = { from_day: from, to_day: to, currency, software };
  const save = useMutation({
    mutationFn: (scope: 'all' | 'changes' | undefined) =>
      download(
        `/journals/file?${new URLSearchParams({ ...period, ...(scope && { scope }) })}`,
        'POST',
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  const shown = useResource<Journal>('/journals', period);
  const since = shown.data?.since ?? null;
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
        {!since && (
          <div>
            <Button primary busy={save.isPending} onClick={() => save.mutate(undefined)}>
              {t('journals.download')}
            </Button>
          </div>
        )}
      </div>
      <p>{t(`journals.hints.${software}`)}</p>
      {since && (
        <Since since={since} busy={save.isPending} onExport={(scope) => save.mutate(scope)} />
      )}
      <Shown query={shown} />
    </Card>
  );
}

/** What went to the books before, and what is other by now: each as an entry of its own. */
function Since(props: {
  since: NonNullable<Journal['since']>;
  busy: boolean;
  onExport: (scope: 'all' | 'changes') => void;
}) {
  const { t } = useTranslation();
  const { number, money, time } = useFormat();
  const { since } = props;
  const newest = since.exports[0];
  const count = since.new + since.changed + since.gone;
  return (
    <>
      <Banner
        tone={count ? 'warning' : 'info'}
        heading={t('journals.exportedBefore', {
          from: newest?.from_day,
          to: newest?.to_day,
          at: time(newest?.exported_at ?? null),
        })}
      >
        {t('journals.sinceThen', {
          new: number(since.new),
          changed: number(since.changed),
          gone: number(since.gone),
          same: number(since.same),
        })}
      </Banner>
      <p>
        <Button
          primary
          busy={props.busy}
          disabled={!count}
          onClick={() => props.onExport('changes')}
        >
          {t('journals.exportChanges')}
        </Button>{' '}
        <Button busy={props.busy} onClick={() => props.onExport('all')}>
          {t('journals.exportAgain')}
        </Button>
      </p>
      <p className="subdued">{t('journals.scopes')}</p>
      {since.changes.length > 0 && (
        <Table
          label={t('journals.changes')}
          rows={since.changes}
          rowKey={(row) => row.number}
          columns={[
            {
              key: 'number',
              label: t('journals.entry'),
              show: (row) => <To to={row.path}>{row.number}</To>,
            },
            {
              key: 'what',
              label: t('journals.changes'),
              show: (row) => t(`journals.what.${row.what}`),
            },
            {
              key: 'amount',
              label: t('journals.debit'),
              number: true,
              show: (row) => money(row.amount),
            },
          ]}
        />
      )}
    </>
  );
}

function Exported() {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const query = usePages<JournalExport>('/journals/exports', {}, true);
  const again = useMutation({
    mutationFn: (row: JournalExport) => download(`/journals/exports/${row.export_id}/file`),
  });
  return (
    <Card flush heading={t('journals.exported')}>
      {again.error && <Failure error={again.error} />}
      <Listed query={query} empty={t('journals.noneExported')}>
        {(rows) => (
          <Table
            label={t('journals.exported')}
            rows={rows}
            rowKey={(row) => row.export_id}
            columns={[
              {
                key: 'days',
                label: t('journals.days'),
                show: (row) => `${row.from_day} – ${row.to_day}`,
              },
              {
                key: 'software',
                label: t('journals.software'),
                show: (row) => `${t(`journals.softwares.${row.software}`)}, ${row.currency}`,
              },
              {
                key: 'scope',
                label: t('journals.scope'),
                show: (row) => t(`journals.scopeNames.${row.scope}`),
              },
              {
                key: 'entries',
                label: t('journals.entries'),
                number: true,
                show: (row) => number(row.entries),
              },
              {
                key: 'at',
                label: t('journals.exportedAt'),
                show: (row) => time(row.exported_at),
              },
              {
                key: 'file',
                label: t('journals.file'),
                show: (row) => (
                  <Button
                    busy={again.isPending && again.variables.export_id === row.export_id}
                    onClick={() => again.mutate(row)}
                  >
                    {t('journals.sameFile')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}

function Shown({ query }: { query: UseQueryResult<Journal> }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
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
      <SaveForm busy={save.isPending} onSave={() => save.mutate()} onDiscard={() => setTyped(kept)}>
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
        </div>
      </SaveForm>
    </Card>
  );
}
