// Expected arrivals: what will come, where and when; stated one by one or from a file.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../api/client';
import { usePages, useResource } from '../api/queries';
import type { Arrival, Place, Page as Rows } from '../api/types';
import { toast } from '../shell/appBridge';
import { useWho } from '../shell/session';
import { Badge, Button, Card, NumberField, Page, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Named, Table } from '../ui/patterns';
import { MissingScopes } from './OptionalScopes';
import { PaperLink } from './PaperLink';

const NOTHING = { reference: '', sku: '', location: '', units: '', expected_on: '' };

export default function Arrivals() {
  const { t } = useTranslation();
  const [status, setStatus] = useState('expected');
  const query = usePages<Arrival>('/arrivals', { status }, true);
  return (
    <Page
      heading={t('arrivals.title')}
      action={
        <span>
          {['expected', 'ended'].map((one) => (
            <Button key={one} primary={status === one} onClick={() => setStatus(one)}>
              {t(`arrivals.${one}`)}
            </Button>
          ))}
        </span>
      }
    >
      <State />
      <Card flush>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t(`arrivals.nothing.${status}`)}</Empty>;
            return <List rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Card>
    </Page>
  );
}

function List({ rows }: { rows: Arrival[] }) {
  const { t } = useTranslation();
  const who = useWho();
  const { number, date, time } = useFormat();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: (row: Arrival) => send('POST', `/arrivals/${row.id}/end`),
    onSettled: () => queries.invalidateQueries(),
  });
  const tie = useMutation({
    mutationFn: ({ row, by }: { row: Arrival; by: number }) =>
      send('POST', `/arrivals/${row.id}/replace`, { by }),
    onSuccess: () => toast(t('common.saved')),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <>
      {end.error && <Failure error={end.error} />}
      {tie.error && <Failure error={tie.error} />}
      <Table
        label={t('arrivals.title')}
        rows={rows}
        rowKey={(row) => row.id}
        columns={[
          {
            key: 'day',
            label: t('arrivals.day'),
            show: (row) => (
              <span>
                {row.expected_on ? date(row.expected_on) : t('arrivals.noDay')}{' '}
                {row.overdue && <Badge tone="warning">{t('arrivals.overdue')}</Badge>}
              </span>
            ),
          },
          {
            key: 'item',
            label: t('arrivals.item'),
            show: (row) => (
              <Named item={row.item}>
                <To to={`/stock/${row.item.id}`}>{row.item.sku}</To>
              </Named>
            ),
          },
          { key: 'place', label: t('item.location'), show: (row) => row.location.name },
          {
            key: 'units',
            label: t('arrivals.units'),
            number: true,
            show: (row) => number(row.units),
          },
          {
            key: 'reference',
            label: t('arrivals.reference'),
            show: (row) => (
              <>
                <PaperLink paper={row.document} />
                {row.replaced_by && (
                  <div className="subdued">
                    {t('arrivals.replacedBy', { paper: row.replaced_by })}
                  </div>
                )}
                {row.matches.map((one) => (
                  <div key={one.id}>
                    {one.fits && <Badge tone="warning">{t('arrivals.countsTwice')}</Badge>}{' '}
                    <Button
                      primary={one.fits}
                      busy={tie.isPending && tie.variables.row === row}
                      disabled={tie.isPending}
                      onClick={() => tie.mutate({ row, by: one.id })}
                    >
                      {t('arrivals.itIs', {
                        paper: one.document.title,
                        count: one.units,
                        units: number(one.units),
                        day: one.expected_on ? date(one.expected_on) : t('arrivals.dayless'),
                      })}
                    </Button>
                  </div>
                ))}
              </>
            ),
          },
          {
            key: 'stated',
            label: t('arrivals.stated'),
            show: (row) => (
              <span className="subdued">
                {row.source === 'shopify_transfer' ? t('names.shopify') : who(row.stated_by)}{' '}
                {time(row.stated_at)}
              </span>
            ),
          },
          {
            key: 'end',
            label: '',
            show: (row) =>
              row.ended_at ? (
                time(row.ended_at)
              ) : (
                <Button
                  busy={end.isPending && end.variables === row}
                  onClick={() => end.mutate(row)}
                >
                  {t('arrivals.end')}
                </Button>
              ),
          },
        ]}
      />
    </>
  );
}

function State() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const places = useResource<Rows<Place>>('/locations');
  const [row, setRow] = useState(NOTHING);
  const stated = {
    onSuccess: () => {
      toast(t('common.saved'));
      setRow(NOTHING);
    },
    onSettled: () => queries.invalidateQueries(),
  };
  const one = useMutation({
    mutationFn: () => send('POST', '/arrivals', { rows: [{ ...row, units: Number(row.units) }] }),
    ...stated,
  });
  const file = useMutation({
    mutationFn: async (chosen: File) =>
      send('POST', '/arrivals/file', { content: await chosen.text() }),
    ...stated,
  });
  const field = (name: keyof typeof NOTHING) => ({
    label: t(`arrivals.${name}`),
    value: row[name],
    onChange: (value: string) => setRow({ ...row, [name]: value }),
  });
  const failed = one.error ?? file.error;
  const ready = Object.values(row).every(Boolean);
  return (
    <Card heading={t('arrivals.say')}>
      {failed && <Failure error={failed} />}
      <div className="filters">
        <TextField {...field('reference')} />
        <TextField {...field('sku')} />
        <Select
          {...field('location')}
          options={[
            { value: '', label: '–' },
            ...(places.data?.data ?? []).map((one) => ({ value: one.name, label: one.name })),
          ]}
        />
        <NumberField {...field('units')} />
        <label className="plain">
          {t('arrivals.expected_on')}
          <input
            type="date"
            value={row.expected_on}
            onChange={(event) => setRow({ ...row, expected_on: event.target.value })}
          />
        </label>
        <Button primary busy={one.isPending} disabled={!ready} onClick={() => one.mutate()}>
          {t('common.save')}
        </Button>
      </div>
      <MissingScopes name="transfers" />
      <label className="plain subdued">
        {t('arrivals.file')}{' '}
        <input
          type="file"
          accept=".csv,text/csv"
          onChange={(event) => {
            const [chosen] = event.target.files ?? [];
            if (chosen) file.mutate(chosen);
            event.target.value = '';
          }}
        />
      </label>
    </Card>
  );
}
