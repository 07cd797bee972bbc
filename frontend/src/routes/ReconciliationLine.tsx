// One purchase order line from ordered to paid, with every paper behind each figure.
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useResource } from '../api/queries';
import {
  LINE_STEPS,
  type MatchedLineDetail,
  type MatchedPaper,
  MONEY_STEPS,
} from '../api/reconciliation';
import { Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Figures, Loaded, Named, Table } from '../ui/patterns';
import { CostUnknown } from './CostUnknown';
import { orderPath } from './orderPath';
import { Disagreement } from './Reconciliation';

export default function ReconciliationLine() {
  const { t } = useTranslation();
  const { region, number = '', line = '' } = useParams();
  const query = useResource<MatchedLineDetail>(
    `/reconciliation/${region}/${encodeURIComponent(number)}/${encodeURIComponent(line)}`,
    {},
    true,
  );
  return (
    <Loaded query={query}>
      {(found) => (
        <Page
          heading={`${found.number} / ${found.line}`}
          back={{ to: '/reconciliation', label: t('reconciliation.title') }}
        >
          <Summary found={found} />
          <FiguresOf found={found} />
          <Papers papers={found.papers} />
        </Page>
      )}
    </Loaded>
  );
}

function Summary({ found }: { found: MatchedLineDetail }) {
  const { t } = useTranslation();
  const { time } = useFormat();
  return (
    <Card>
      {found.item && (
        <Named item={found.item}>
          <To to={`/stock/${found.item.id}`}>{found.item.sku}</To>
        </Named>
      )}
      <Disagreement line={found} />
      <Figures
        figures={[
          {
            label: t('reconciliation.order'),
            value: <To to={orderPath(found.number, found.region)}>{found.number}</To>,
          },
          { label: t('reconciliation.vendorCode'), value: found.vendor_code || '–' },
          { label: t('reconciliation.orderedAt'), value: time(found.ordered_at) },
          { label: t('reconciliation.restatedAt'), value: time(found.restated_at) },
        ]}
      />
      {found.cost_unknown && (
        <p>
          <CostUnknown reason={found.cost_unknown} code={found.vendor_code} />
        </p>
      )}
      {found.is_shared && <p className="subdued">{t('reconciliation.shared')}</p>}
    </Card>
  );
}

function FiguresOf({ found }: { found: MatchedLineDetail }) {
  const { t } = useTranslation();
  const { number, money } = useFormat();
  return (
    <Card flush heading={t('reconciliation.figures')}>
      <Table
        label={t('reconciliation.figures')}
        rows={[...LINE_STEPS, ...MONEY_STEPS]}
        rowKey={(name) => name}
        columns={[
          {
            key: 'step',
            label: t('reconciliation.step'),
            show: (name) => t(`reconciliation.steps.${name}`),
          },
          {
            key: 'units',
            label: t('reconciliation.units'),
            number: true,
            show: (name) => {
              const units = found[name].units;
              return units === null ? '–' : number(units);
            },
          },
          {
            key: 'amount',
            label: t('reconciliation.amount'),
            number: true,
            show: (name) => money(found[name].amount),
          },
        ]}
      />
    </Card>
  );
}

function Papers({ papers }: { papers: MatchedPaper[] }) {
  const { t } = useTranslation();
  const { number, money, time } = useFormat();
  if (papers.length === 0) {
    return (
      <Card heading={t('reconciliation.papers')}>
        <Empty>{t('reconciliation.noPapers')}</Empty>
      </Card>
    );
  }
  return (
    <Card flush heading={t('reconciliation.papers')}>
      <Table
        label={t('reconciliation.papers')}
        rows={papers}
        rowKey={(one) => `${one.kind}${one.reference}${one.about}${one.at}`}
        columns={[
          { key: 'at', label: t('reconciliation.at'), show: (one) => time(one.at) },
          {
            key: 'figure',
            label: t('reconciliation.step'),
            show: (one) => t(`reconciliation.steps.${one.figure}`),
          },
          { key: 'paper', label: t('reconciliation.paper'), show: (one) => <Paper paper={one} /> },
          {
            key: 'units',
            label: t('reconciliation.units'),
            number: true,
            show: (one) => (one.units === null ? '–' : number(one.units)),
          },
          {
            key: 'amount',
            label: t('reconciliation.amount'),
            number: true,
            show: (one) => money(one.amount),
          },
          {
            key: 'message',
            label: t('reconciliation.source'),
            show: (one) =>
              one.message_id === null ? (
                '–'
              ) : (
                <To to={`/activity/${one.message_id}`}>{t('reconciliation.asSaid')}</To>
              ),
          },
        ]}
      />
    </Card>
  );
}

function Paper({ paper }: { paper: MatchedPaper }) {
  const { t } = useTranslation();
  const name = `${t(`reconciliation.kinds.${paper.kind}`)} ${paper.reference}`;
  if (paper.kind === 'shipment')
    return <To to={`/shipments/${encodeURIComponent(paper.reference)}`}>{name}</To>;
  if (paper.kind === 'invoice') return <To to={`/invoices/${paper.about}`}>{name}</To>;
  if (paper.kind === 'remittance' && paper.about) {
    const [region = '', ...id] = paper.about.split('/');
    return <To to={`/invoices/payments/${region}/${encodeURIComponent(id.join('/'))}`}>{name}</To>;
  }
  return <span>{name}</span>;
}
