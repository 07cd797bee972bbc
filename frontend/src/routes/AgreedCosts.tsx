// What was agreed that each product costs Amazon, beside what its newest order says.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
import type { AgreedCost } from '../api/costs';
import { usePages } from '../api/queries';
import { toast } from '../shell/appBridge';
import { useFilters } from '../shell/filters';
import {
  Badge,
  Button,
  Card,
  Checkbox,
  NumberField,
  Page,
  SearchField,
  Select,
  TextField,
  To,
} from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Table } from '../ui/patterns';
import { orderPath } from './orderPath';

export default function AgreedCosts() {
  const { t } = useTranslation();
  const [filters, change] = useFilters(['search', 'ended']);
  const [typed, setTyped] = useState(filters.search);
  const query = usePages<AgreedCost>('/agreed-costs', filters);
  return (
    <Page
      heading={t('costs.title')}
      back={{ to: '/purchase-orders', label: t('orders.title') }}
      action={<To to="/purchase-orders/files?kind=agreed_costs">{t('costs.bring')}</To>}
    >
      <Card flush>
        <p className="subdued padded">{t('costs.what')}</p>
        <div className="filters padded">
          <SearchField
            label={t('common.search')}
            value={typed}
            onChange={(value) => {
              setTyped(value);
              change({ search: value });
            }}
          />
          <Checkbox
            label={t('costs.ended')}
            checked={filters.ended === 'true'}
            onChange={(on) => change({ ended: on ? 'true' : null })}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0)
              return <Empty>{t(filters.search ? 'costs.none' : 'costs.empty')}</Empty>;
            return <Costs rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Card>
      <Enter />
    </Page>
  );
}

function Costs({ rows }: { rows: AgreedCost[] }) {
  const { t } = useTranslation();
  const { cost, date, time } = useFormat();
  const queries = useQueryClient();
  const withdrawn = useMutation({
    mutationFn: (id: number) => send('DELETE', `/agreed-costs/${id}`),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <>
      {withdrawn.error && <Failure error={withdrawn.error} />}
      <Table
        label={t('costs.title')}
        rows={rows}
        rowKey={(row) => row.agreed_cost_id}
        columns={[
          {
            key: 'product',
            label: t('costs.product'),
            show: (row) => (
              <>
                {row.asin}
                {row.item_id !== null && (
                  <div>
                    <To to={`/stock/${row.item_id}`}>{row.sku ?? row.title ?? row.asin}</To>
                  </div>
                )}
              </>
            ),
          },
          { key: 'code', label: t('costs.vendorCode'), show: (row) => row.vendor_code },
          { key: 'cost', label: t('costs.cost'), number: true, show: (row) => cost(row.cost) },
          {
            key: 'days',
            label: t('costs.days'),
            show: (row) => (
              <>
                {row.ends_on
                  ? t('costs.until', { from: date(row.starts_on), to: date(row.ends_on) })
                  : t('costs.from', { day: date(row.starts_on) })}{' '}
                {row.withdrawn_at && (
                  <Badge>{t(`costs.states.${row.replaced_by ? 'replaced' : 'withdrawn'}`)}</Badge>
                )}
              </>
            ),
          },
          { key: 'newest', label: t('costs.newest'), show: (row) => <Newest cost={row} /> },
          {
            key: 'by',
            label: t('costs.by'),
            show: (row) => (
              <>
                {time(row.made_at)}
                {row.import_id !== null && (
                  <div>
                    <To to={`/purchase-orders/files/${row.import_id}`}>{t('costs.fromFile')}</To>
                  </div>
                )}
              </>
            ),
          },
          {
            key: 'do',
            label: '',
            show: (row) =>
              row.withdrawn_at ? null : (
                <Button
                  busy={withdrawn.isPending && withdrawn.variables === row.agreed_cost_id}
                  onClick={() => withdrawn.mutate(row.agreed_cost_id)}
                >
                  {t('costs.withdraw')}
                </Button>
              ),
          },
        ]}
      />
    </>
  );
}

function Newest({ cost }: { cost: AgreedCost }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  if (!cost.order_number) return <span className="subdued">{t('costs.noOrder')}</span>;
  const isHigher = Number(cost.order_cost?.amount) > Number(cost.cost.amount);
  return (
    <>
      <To to={orderPath(cost.order_number, cost.region)}>{cost.order_number}</To>{' '}
      {money(cost.order_cost)}
      {cost.differs && (
        <div className="negative">{t(isHigher ? 'costs.higher' : 'costs.lower')}</div>
      )}
    </>
  );
}

const NOTHING = {
  region: 'na',
  vendor_code: '',
  asin: '',
  cost: '',
  currency: 'USD',
  starts_on: '',
  ends_on: '',
};

function Enter() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [said, setSaid] = useState(NOTHING);
  const set = (changed: Partial<typeof NOTHING>) => setSaid({ ...said, ...changed });
  const sent = useMutation({
    mutationFn: () =>
      send<AgreedCost>('POST', '/agreed-costs', { ...said, ends_on: said.ends_on || null }),
    onSuccess: () => {
      toast(t('costs.added'));
      // The next product of a list is mostly of the same vendor code and day.
      set({ asin: '', cost: '' });
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const text = (name: 'vendor_code' | 'asin', label: string) => (
    <TextField
      label={label}
      value={said[name]}
      onChange={(value) => set({ [name]: value.trim() })}
    />
  );
  const day = (name: 'starts_on' | 'ends_on', label: string) => (
    <label className="plain">
      {label}
      <input
        type="date"
        value={said[name]}
        onChange={(event) => set({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <Card heading={t('costs.enter')}>
      {sent.error && <Failure error={sent.error} />}
      <div className="filters top">
        <Select
          label={t('settings.region')}
          value={said.region}
          onChange={(region) => set({ region })}
          options={['na', 'eu', 'fe'].map((one) => ({
            value: one,
            label: t(`settings.regions.${one}`),
          }))}
        />
        {text('vendor_code', t('costs.vendorCode'))}
        {text('asin', 'ASIN')}
        <NumberField
          label={t('costs.cost')}
          value={said.cost}
          step={0.01}
          onChange={(cost) => set({ cost })}
        />
        <TextField
          label={t('costs.currency')}
          value={said.currency}
          onChange={(currency) => set({ currency: currency.toUpperCase() })}
        />
        {day('starts_on', t('costs.startsOn'))}
        {day('ends_on', t('costs.endsOn'))}
        <Button
          primary
          busy={sent.isPending}
          disabled={!said.vendor_code || !said.asin || !said.cost || !said.starts_on}
          onClick={() => sent.mutate()}
        >
          {t('costs.add')}
        </Button>
      </div>
    </Card>
  );
}
