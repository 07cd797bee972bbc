// Scheduled exports: a table by the day, week or month, by mail and in a list to download.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Alerts } from '../api/alerts';
import { download, send } from '../api/client';
import type { ExportedFile, ExportTable, Schedule } from '../api/exports';
import { useResource } from '../api/queries';
import type { Page as Rows } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { toast } from '../shell/appBridge';
import { Badge, Button, Card, NumberField, Page, Select, TextField, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, Table } from '../ui/patterns';

const RHYTHMS = ['daily', 'weekly', 'monthly'];
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];
const FORMATS = ['csv', 'xlsx'];

export default function Exports() {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<Schedule | null>(null);
  return (
    <Page heading={t('schedules.title')}>
      <Schedules onChange={setEdited} />
      <One key={edited?.id ?? 0} known={edited} onDone={() => setEdited(null)} />
      <Files />
    </Page>
  );
}

const filtersOf = (filters: Record<string, string>) =>
  Object.entries(filters)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');

function Schedules({ onChange }: { onChange: (row: Schedule) => void }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { number, time } = useFormat();
  const queries = useQueryClient();
  const query = useResource<{ data: Schedule[] }>('/export-schedules', {}, true);
  const act = useMutation({
    mutationFn: ({ row, now }: { row: Schedule; now: boolean }) =>
      now
        ? send('POST', `/export-schedules/${row.id}/run`)
        : send('DELETE', `/export-schedules/${row.id}`),
    onSuccess: (_answer, { now }) => toast(t(now ? 'schedules.asked' : 'common.saved')),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card flush heading={t('schedules.all')}>
      {act.error && <Failure error={act.error} />}
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{t('schedules.empty')}</Empty>
          ) : (
            <Table
              label={t('schedules.all')}
              rows={data}
              rowKey={(row) => row.id}
              columns={[
                { key: 'name', label: t('schedules.name'), show: (row) => row.name },
                {
                  key: 'table',
                  label: t('schedules.table'),
                  show: (row) =>
                    [
                      t(`schedules.tables.${row.table}`, { defaultValue: row.table }),
                      filtersOf(row.filters),
                    ]
                      .filter(Boolean)
                      .join(': '),
                },
                {
                  key: 'next',
                  label: t('schedules.next'),
                  show: (row) => `${t(`schedules.rhythms.${row.rhythm}`)}, ${time(row.next_at)}`,
                },
                {
                  key: 'whom',
                  label: t('schedules.whom'),
                  show: (row) => row.address ?? t('schedules.onlyList'),
                },
                {
                  key: 'last',
                  label: t('schedules.last'),
                  show: (row) =>
                    row.making_since ? (
                      t('schedules.making', { rows: number(row.rows_made ?? 0) })
                    ) : row.error ? (
                      <Badge tone="critical">{said(row.error)}</Badge>
                    ) : row.last_at ? (
                      time(row.last_at)
                    ) : (
                      '–'
                    ),
                },
                {
                  key: 'act',
                  label: t('alerts.act'),
                  show: (row) => (
                    <>
                      <Button
                        busy={act.isPending && act.variables.row.id === row.id}
                        onClick={() => act.mutate({ row, now: true })}
                      >
                        {t('schedules.now')}
                      </Button>{' '}
                      <Button onClick={() => onChange(row)}>{t('alerts.change')}</Button>{' '}
                      <Button onClick={() => act.mutate({ row, now: false })}>
                        {t('alerts.remove')}
                      </Button>
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

/** A new schedule, or a known one to be said anew. */
function One({ known, onDone }: { known: Schedule | null; onDone: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [search] = useSearchParams();
  const tables = useResource<{ data: ExportTable[] }>('/exports');
  const alerts = useResource<Alerts>('/alerts');
  const [typed, setTyped] = useState({
    name: known?.name ?? '',
    table: known?.table ?? search.get('table') ?? 'discrepancies',
    format: known?.format ?? 'xlsx',
    rhythm: known?.rhythm ?? 'weekly',
    hour: `${known?.hour ?? 6}`,
    weekday: `${known?.weekday ?? 0}`,
    day: `${known?.day ?? 1}`,
    address: `${known?.address_id ?? ''}`,
  });
  const change = (values: Partial<typeof typed>) => setTyped({ ...typed, ...values });
  const kept = known?.table === typed.table ? known.filters : {};
  // The address also carries what the admin adds to it, an ID token among it.
  const own = tables.data?.data.find((one) => one.name === typed.table)?.filters ?? [];
  const given = Object.fromEntries([...search].filter(([name]) => own.includes(name)));
  const filters = !known && typed.table === search.get('table') ? given : kept;
  const save = useMutation({
    mutationFn: () =>
      send(known ? 'PUT' : 'POST', `/export-schedules${known ? `/${known.id}` : ''}`, {
        ...typed,
        address: undefined,
        filters,
        hour: Number(typed.hour),
        weekday: Number(typed.weekday),
        day: Number(typed.day),
        address_id: typed.address ? Number(typed.address) : null,
      }),
    onSuccess: () => {
      change({ name: '' });
      onDone();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const mails = alerts.data?.addresses.filter((one) => one.kind === 'email') ?? [];
  return (
    <Card heading={t(known ? 'schedules.change' : 'schedules.add')}>
      {save.error && <Failure error={save.error} />}
      <p>{t('schedules.how')}</p>
      {filtersOf(filters) && <p>{t('schedules.filters', { filters: filtersOf(filters) })}</p>}
      <Loaded query={tables}>
        {({ data }) => (
          <div className="filters top">
            <TextField
              label={t('schedules.name')}
              value={typed.name}
              onChange={(name) => change({ name })}
            />
            <Select
              label={t('schedules.table')}
              value={typed.table}
              onChange={(table) => change({ table })}
              options={data.map((one) => ({
                value: one.name,
                label: t(`schedules.tables.${one.name}`, { defaultValue: one.name }),
              }))}
            />
            <Select
              label={t('schedules.format')}
              value={typed.format}
              onChange={(format) => change({ format })}
              options={FORMATS.map((one) => ({ value: one, label: one.toUpperCase() }))}
            />
            <Select
              label={t('schedules.rhythm')}
              value={typed.rhythm}
              onChange={(rhythm) => change({ rhythm })}
              options={RHYTHMS.map((one) => ({ value: one, label: t(`schedules.rhythms.${one}`) }))}
            />
            {typed.rhythm === 'weekly' && (
              <Select
                label={t('alerts.weekday')}
                value={typed.weekday}
                onChange={(weekday) => change({ weekday })}
                options={WEEKDAYS.map((one) => ({
                  value: `${one}`,
                  label: t(`alerts.days.${one}`),
                }))}
              />
            )}
            {typed.rhythm === 'monthly' && (
              <NumberField
                label={t('schedules.day')}
                max={28}
                value={typed.day}
                onChange={(day) => change({ day })}
              />
            )}
            <NumberField
              label={t('alerts.hour')}
              max={23}
              value={typed.hour}
              onChange={(hour) => change({ hour })}
            />
            <Select
              label={t('schedules.whom')}
              value={typed.address}
              onChange={(address) => change({ address })}
              options={[
                { value: '', label: t('schedules.onlyList') },
                ...mails.map((one) => ({ value: String(one.id), label: one.name })),
              ]}
            />
            <div>
              <Button
                primary
                busy={save.isPending}
                disabled={!typed.name.trim()}
                onClick={() => save.mutate()}
              >
                {t(known ? 'common.save' : 'schedules.add')}
              </Button>
              {known && <Button onClick={onDone}>{t('alerts.leave')}</Button>}
            </div>
          </div>
        )}
      </Loaded>
      <To to="/alerts">{t('schedules.addresses')}</To>
    </Card>
  );
}

function Files() {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const query = useResource<Rows<ExportedFile>>('/exported-files', { limit: 250 }, true);
  const save = useMutation({
    mutationFn: (row: ExportedFile) => download(`/exported-files/${row.file_id}/content`),
  });
  return (
    <Card flush heading={t('schedules.files')}>
      {save.error && <Failure error={save.error} />}
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{t('schedules.noFiles')}</Empty>
          ) : (
            <Table
              label={t('schedules.files')}
              rows={data}
              rowKey={(row) => row.file_id}
              columns={[
                { key: 'schedule', label: t('schedules.name'), show: (row) => row.schedule },
                { key: 'made', label: t('schedules.made'), show: (row) => time(row.made_at) },
                {
                  key: 'size',
                  label: t('schedules.size'),
                  number: true,
                  show: (row) =>
                    t('schedules.kilobytes', { size: number(Math.ceil(row.size / 1024)) }),
                },
                {
                  key: 'mail',
                  label: t('schedules.mail'),
                  show: (row) =>
                    row.mail_state === null ? (
                      '–'
                    ) : (
                      <To to={`/activity/${row.message_id}`}>
                        {row.mail_state === 'done'
                          ? t('alerts.sent')
                          : row.mail_error || t('alerts.sending')}
                      </To>
                    ),
                },
                {
                  key: 'act',
                  label: t('alerts.act'),
                  show: (row) => (
                    <Button
                      busy={save.isPending && save.variables.file_id === row.file_id}
                      onClick={() => save.mutate(row)}
                    >
                      {t('schedules.download')}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}
