// One invoice: what it says, what is wrong with it, what Amazon would pay, and what it made of it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { download, send } from '../api/client';
import { useResource } from '../api/queries';
import type { Invoice as Paper } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { toast } from '../shell/appBridge';
import { Banner, Button, Card, Page, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Figures, Loaded, Table } from '../ui/patterns';
import { HandOver } from './HandOver';
import { InvoiceState } from './Invoices';
import { Charges } from './invoice/Charges';
import { Check } from './invoice/Check';
import { Credit } from './invoice/Credit';
import { Lines } from './invoice/Lines';
import { Paid } from './invoice/Paid';
import { Refused } from './invoice/Refused';
import { Retrying } from './Retrying';

export default function Invoice() {
  const { t } = useTranslation();
  const { id } = useParams();
  const query = useResource<Paper>(`/invoices/${id}`, {}, true);
  return (
    <Loaded query={query}>
      {(paper) => (
        <Page
          heading={`${t(`invoices.types.${paper.type}`)} · ${paper.number ?? t('invoices.unnumbered')}`}
          back={{ to: '/invoices', label: t('invoices.title') }}
          action={<InvoiceState invoice={paper} />}
        >
          <Said paper={paper} />
          {['waiting', 'sent'].includes(paper.state) && <Retrying message={paper.message_id} />}
          <HandOver
            kind="invoice"
            path={`/invoices/${paper.id}/hand-over`}
            region={paper.region}
            reference={String(paper.id)}
            paper={paper}
          />
          <Sums paper={paper} />
          <Differences paper={paper} />
          <Paid payments={paper.payments} />
          <Check paper={paper} />
          <Forecast paper={paper} />
          <Lines key={`${paper.id}${paper.state}`} paper={paper} />
          <Charges key={`charges ${paper.id}`} paper={paper} />
          <Actions paper={paper} />
          {paper.can.includes('credit') && <Credit paper={paper} />}
        </Page>
      )}
    </Loaded>
  );
}

function Said({ paper }: { paper: Paper }) {
  const { t } = useTranslation();
  const said = useSaid();
  if (!paper.error) return null;
  return (
    <Banner
      tone={paper.state === 'accepted' ? 'warning' : 'critical'}
      heading={t(`invoices.nexts.${paper.next_action ?? 'compare'}`)}
    >
      {paper.error_field && <Refused paper={paper} path={paper.error_field} />}
      <div className={paper.error_field ? 'subdued' : ''}>
        {paper.error_field ? t('invoices.amazonsWords', { words: paper.error }) : said(paper.error)}
      </div>
    </Banner>
  );
}

function Sums({ paper }: { paper: Paper }) {
  const { t } = useTranslation();
  const { money, time, day } = useFormat();
  return (
    <Card>
      <Figures
        figures={[
          { label: t('invoices.items'), value: money(paper.items_total) },
          ...(paper.charges_total
            ? [{ label: t('invoices.charges.title'), value: money(paper.charges_total) }]
            : []),
          { label: t('invoices.tax'), value: money(paper.tax_total) },
          { label: t('invoices.total'), value: money(paper.total) },
          { label: t('invoices.atAmazon'), value: money(paper.amazon_total) },
          { label: t('invoices.dated'), value: day(paper.dated_at) },
          { label: t('invoices.due'), value: day(paper.due_at) },
        ]}
      />
      {paper.totals_if && (
        <p className="negative">
          {t('invoices.totalsIf', {
            each: money(paper.totals_if.each),
            case: money(paper.totals_if.case),
          })}
        </p>
      )}
      <p className="subdued">
        {t('invoices.madeFrom', {
          source: t(`invoices.sources.${paper.source}`),
          when: time(paper.made_at),
        })}{' '}
        {paper.message_id && (
          <To to={`/activity/${paper.message_id}`}>
            {t('invoices.sentTimes', { count: paper.times_sent })}
          </To>
        )}
      </p>
    </Card>
  );
}

function Differences({ paper }: { paper: Paper }) {
  const { t } = useTranslation();
  if (paper.differences.length === 0) return null;
  return (
    <Card heading={t('invoices.differences')} flush>
      <Table
        label={t('invoices.differences')}
        rows={paper.differences}
        rowKey={(row) => `${row.field}${row.line}`}
        columns={[
          {
            key: 'field',
            label: t('invoices.what'),
            show: (row) =>
              row.line === null
                ? t('invoices.total')
                : `${paper.lines[row.line]?.item?.sku ?? paper.lines[row.line]?.asin} · ${t('orders.units')}`,
          },
          { key: 'sent', label: t('invoices.invoiced'), number: true, show: (row) => row.sent },
          {
            key: 'landed',
            label: t('invoices.atAmazon'),
            number: true,
            show: (row) => <span className="negative">{row.landed}</span>,
          },
        ]}
      />
    </Card>
  );
}

function Forecast({ paper }: { paper: Paper }) {
  const { t } = useTranslation();
  const { money, number } = useFormat();
  const found = paper.forecast;
  if (!found) return null;
  return (
    <Card heading={t('invoices.forecast')} flush={found.short.length > 0}>
      <div className={found.short.length > 0 ? 'padded' : ''}>
        <Figures
          figures={[
            { label: t('invoices.asked'), value: money(found.asked) },
            { label: t('invoices.expected'), value: money(found.expected) },
          ]}
        />
      </div>
      {found.short.length === 0 ? (
        <p className="subdued">{t('invoices.nothingShort')}</p>
      ) : (
        <Table
          label={t('invoices.forecast')}
          rows={found.short}
          rowKey={(row) => `${row.line}${row.reason}`}
          columns={[
            {
              key: 'line',
              label: t('orders.item'),
              show: (row) => paper.lines[row.line]?.item?.sku ?? paper.lines[row.line]?.asin,
            },
            {
              key: 'why',
              label: t('invoices.why'),
              show: (row) => t(`invoices.short.${row.reason}`),
            },
            {
              key: 'units',
              label: t('orders.units'),
              number: true,
              show: (row) => number(row.units),
            },
            {
              key: 'amount',
              label: t('invoices.heldBack'),
              number: true,
              show: (row) => <span className="negative">{money(row.amount)}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}

function Actions({ paper }: { paper: Paper }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [own, setOwn] = useState('');
  const [sure, setSure] = useState('');
  const act = useMutation({
    mutationFn: (verb: string) =>
      send<Paper>(
        'POST',
        `/invoices/${paper.id}/${verb}`,
        verb === 'send' ? { number: own || null } : {},
      ),
    onSuccess: (made, verb) => {
      toast(t(`invoices.did.${verb}`));
      if (made.id !== paper.id) navigate(`/invoices/${made.id}`);
    },
    onSettled: () => {
      setSure('');
      return queries.invalidateQueries();
    },
  });
  const copy = useMutation({ mutationFn: () => download(`/invoices/${paper.id}/pdf`) });
  const verbs = ['send', 'resend', 'replace', 'cancel'].filter((one) => paper.can.includes(one));
  const isBlocked = paper.findings.some((one) => one.severity === 'block');
  if (verbs.length === 0 && !paper.can.includes('pdf')) return null;
  const failed = act.error ?? copy.error;
  return (
    <Card flush>
      {failed && <Failure error={failed} />}
      {paper.can.includes('send') && (
        <div className="filters top">
          <TextField
            label={t('invoices.ownNumber')}
            details={t('invoices.ownNumberHint')}
            value={own}
            onChange={setOwn}
          />
        </div>
      )}
      {sure && <p className="padded">{t(`invoices.sure.${sure}`)}</p>}
      <div className="footer">
        {verbs.map((verb) => (
          <Button
            key={verb}
            primary={verb === 'send' || verb === 'resend'}
            busy={act.isPending && act.variables === verb}
            disabled={isBlocked && (verb === 'send' || verb === 'resend')}
            onClick={() => (sure === verb ? act.mutate(verb) : setSure(verb))}
          >
            {sure === verb ? t('invoices.confirm') : t(`invoices.verbs.${verb}`)}
          </Button>
        ))}
        {paper.can.includes('pdf') && (
          <Button busy={copy.isPending} onClick={() => copy.mutate()}>
            {t('invoices.copy')}
          </Button>
        )}
      </div>
    </Card>
  );
}
