// Amazon's papers by file: bring one, and see what became of those brought before.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { bring, type FileImport } from '../api/files';
import { usePages } from '../api/queries';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Failure, Loaded, More, Table } from '../ui/patterns';

const KINDS = [
  'purchase_orders',
  'purchase_order_status',
  'shipments',
  'invoices',
  'remittances',
  'bank_lines',
  'chargebacks',
  'returns',
  'disputes',
  'agreed_costs',
  'functional_acknowledgements',
];
const REGIONS = ['na', 'eu', 'fe'];

export default function Files() {
  const { t } = useTranslation();
  const { number, time } = useFormat();
  const query = usePages<FileImport>('/file-imports', {}, true);
  return (
    <Page heading={t('files.title')} action={<To to="/purchase-orders/x12">{t('x12.title')}</To>}>
      <Bring />
      <Card flush heading={t('files.before')}>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0) return <Empty>{t('files.empty')}</Empty>;
            return (
              <Table
                label={t('files.before')}
                rows={rows}
                rowKey={(row) => row.import_id}
                columns={[
                  {
                    key: 'name',
                    label: t('files.name'),
                    show: (row) => (
                      <To to={`/purchase-orders/files/${row.import_id}`}>{row.name}</To>
                    ),
                  },
                  {
                    key: 'kind',
                    label: t('files.kind'),
                    show: (row) => t(`files.kinds.${row.kind}`),
                  },
                  { key: 'state', label: t('orders.state'), show: (row) => <State file={row} /> },
                  {
                    key: 'papers',
                    label: t('files.papers'),
                    number: true,
                    show: (row) => number(row.total),
                  },
                  { key: 'made', label: t('files.brought'), show: (row) => time(row.made_at) },
                ]}
              />
            );
          }}
        </Loaded>
        <More query={query} />
      </Card>
    </Page>
  );
}

function Bring() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [{ kind: asked }] = useFilters(['kind']);
  const [region, setRegion] = useState('na');
  const [kind, setKind] = useState<string>(KINDS.includes(asked) ? asked : 'purchase_orders');
  const sent = useMutation({
    mutationFn: (file: File) => bring(file, kind, region),
    onSuccess: (found) => navigate(`/purchase-orders/files/${found.file.import_id}`),
  });
  return (
    <Card heading={t('files.bring')}>
      <p className="subdued">{t('files.what')}</p>
      {kind === 'bank_lines' && <p>{t('files.bankOnly')}</p>}
      {sent.error && <Failure error={sent.error} />}
      <div className="filters">
        <Select
          label={t('files.kind')}
          value={kind}
          onChange={setKind}
          options={KINDS.map((one) => ({ value: one, label: t(`files.kinds.${one}`) }))}
        />
        <Select
          label={t('settings.region')}
          value={region}
          onChange={setRegion}
          options={REGIONS.map((one) => ({ value: one, label: t(`settings.regions.${one}`) }))}
        />
        <label className="plain">
          {sent.isPending ? t('files.reading') : t('files.choose')}
          <input
            type="file"
            accept=".csv,.txt,.tsv,.xlsx,.edi,.x12,.850,.860,.820,.997,.xml,.sta,.mt940,.940"
            disabled={sent.isPending}
            onChange={(event) => {
              const [chosen] = event.target.files ?? [];
              if (chosen) sent.mutate(chosen);
              event.target.value = '';
            }}
          />
        </label>
      </div>
    </Card>
  );
}

const TONES = {
  preview: 'info',
  applying: 'info',
  applied: 'success',
  undoing: 'info',
  undone: 'neutral',
  discarded: 'neutral',
} as const;

export function State({ file }: { file: FileImport }) {
  const { t } = useTranslation();
  const isWrong = file.state === 'preview' && file.faults > 0;
  return (
    <Badge tone={isWrong ? 'critical' : TONES[file.state]}>
      {isWrong ? t('files.withFaults', { count: file.faults }) : t(`files.states.${file.state}`)}
    </Badge>
  );
}
