// EDI by files: the papers that were written, what answered them, and how each vendor code exchanges.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { download, send } from '../api/client';
import { usePages, useResource } from '../api/queries';
import type { X12File, X12Partners } from '../api/x12';
import { toast } from '../shell/appBridge';
import { useFilters } from '../shell/filters';
import { Badge, Button, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Table } from '../ui/patterns';
import { Partner } from './x12/Partner';

const TYPES = ['855', '856', '810', '997'];
const VERDICTS = ['none', 'accepted', 'with_errors', 'rejected'];
const TONES = { accepted: 'success', with_errors: 'warning', rejected: 'critical' } as const;

export default function X12() {
  const { t } = useTranslation();
  const query = useResource<X12Partners>('/x12/partners');
  return (
    <Page heading={t('x12.title')} back={{ to: '/purchase-orders/files', label: t('files.title') }}>
      <Written />
      <Loaded query={query}>
        {(found) => (
          <>
            <Numbers numbers={found.numbers} />
            {found.partners.length === 0 && (
              <Card heading={t('x12.partners')}>
                <Empty>{t('x12.noPartners')}</Empty>
              </Card>
            )}
            {found.partners.map((one) => (
              <Partner key={one.region + one.vendor_code} partner={one} />
            ))}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Written() {
  const { t } = useTranslation();
  const { time } = useFormat();
  const [filters, change] = useFilters(['type', 'verdict']);
  const query = usePages<X12File>('/x12/files', filters, true);
  return (
    <Card flush heading={t('x12.written')}>
      <div className="filters">
        <Select
          label={t('x12.type')}
          value={filters.type}
          onChange={(type) => change({ type })}
          options={[
            { value: '', label: t('common.all') },
            ...TYPES.map((one) => ({ value: one, label: `${one} ${t(`x12.types.${one}`)}` })),
          ]}
        />
        <Select
          label={t('x12.verdict')}
          value={filters.verdict}
          onChange={(verdict) => change({ verdict })}
          options={[
            { value: '', label: t('common.all') },
            ...VERDICTS.map((one) => ({ value: one, label: t(`x12.verdicts.${one}`) })),
          ]}
        />
      </div>
      <Loaded query={query}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.data);
          if (rows.length === 0) return <Empty>{t('x12.empty')}</Empty>;
          return (
            <Table
              label={t('x12.written')}
              rows={rows}
              rowKey={(row) => row.file_id}
              columns={[
                { key: 'number', label: t('x12.number'), show: (row) => <Save file={row} /> },
                {
                  key: 'paper',
                  label: t('x12.paper'),
                  show: (row) => (
                    <>
                      {row.type} {t(`x12.types.${row.type}`)} · <Paper file={row} />
                    </>
                  ),
                },
                {
                  key: 'verdict',
                  label: t('x12.verdict'),
                  show: (row) => <Verdict file={row} />,
                },
                { key: 'when', label: t('x12.writtenAt'), show: (row) => time(row.written_at) },
                { key: 'anew', label: '', show: (row) => <Again file={row} /> },
              ]}
            />
          );
        }}
      </Loaded>
      <More query={query} />
    </Card>
  );
}

function Save({ file }: { file: X12File }) {
  const save = useMutation({ mutationFn: () => download(`/x12/files/${file.file_id}/content`) });
  return (
    <>
      <Button busy={save.isPending} onClick={() => save.mutate()}>
        {String(file.number).padStart(9, '0')}
      </Button>
      <div className="subdued">{file.partner}</div>
      {save.error && <Failure error={save.error} />}
    </>
  );
}

function Paper({ file }: { file: X12File }) {
  if (file.type === '855') return <To to={`/purchase-orders/${file.title}`}>{file.title}</To>;
  if (file.type === '856') return <To to={`/shipments/${file.title}`}>{file.title}</To>;
  if (file.type === '810') return <To to={`/invoices/${file.reference}`}>{file.title}</To>;
  return <To to={`/purchase-orders/files/${file.reference}`}>{file.title}</To>;
}

function Verdict({ file }: { file: X12File }) {
  const { t } = useTranslation();
  if (file.type === '997') return <>–</>;
  if (file.verdict === null) return <Badge>{t('x12.verdicts.none')}</Badge>;
  return (
    <>
      <Badge tone={TONES[file.verdict]}>{t(`x12.verdicts.${file.verdict}`)}</Badge>{' '}
      {file.verdict_import_id !== null && (
        <To to={`/purchase-orders/files/${file.verdict_import_id}`}>997</To>
      )}
      {file.errors.map((one) => (
        <div key={`${one.place} ${one.element} ${one.code}`} className="negative">
          {t(one.element ? 'x12.wrongElement' : 'x12.wrongSegment', {
            segment: one.segment,
            place: one.place,
            element: one.element,
            code: one.code,
          })}
          <div className="subdued">{one.written}</div>
        </div>
      ))}
    </>
  );
}

function Again({ file }: { file: X12File }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const write = useMutation({
    mutationFn: () =>
      send<X12File>('POST', '/x12/files', {
        type: file.type,
        region: file.region,
        reference: file.reference,
        anew: true,
      }),
    onSuccess: () => toast(t('x12.again')),
    onSettled: () => queries.invalidateQueries(),
  });
  if (file.type === '997' || file.verdict !== 'rejected') return null;
  return (
    <>
      {write.error && <Failure error={write.error} />}
      <Button busy={write.isPending} onClick={() => write.mutate()}>
        {t('x12.anew')}
      </Button>
    </>
  );
}

function Numbers({ numbers }: { numbers: X12Partners['numbers'] }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (numbers.length === 0) return null;
  return (
    <Card flush heading={t('x12.numbers')}>
      <Table
        label={t('x12.numbers')}
        rows={numbers}
        rowKey={(row) => row.own + row.partner}
        columns={[
          { key: 'pair', label: t('x12.pair'), show: (row) => `${row.own} → ${row.partner}` },
          { key: 'used', label: t('x12.used'), number: true, show: (row) => number(row.used) },
          { key: 'next', label: t('x12.next'), number: true, show: (row) => row.next_number },
          {
            key: 'gaps',
            label: t('x12.gaps'),
            show: (row) =>
              row.gaps.length === 0
                ? t('x12.noGaps')
                : row.gaps.map((one) => (
                    <div key={one.first} className="negative">
                      {one.first === one.last ? one.first : `${one.first} – ${one.last}`}
                    </div>
                  )),
          },
        ]}
      />
    </Card>
  );
}
