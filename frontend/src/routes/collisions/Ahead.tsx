// What is free at each place, day by day: dated promises and expected arrivals.
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { Projection, Projections } from '../../api/types';
import { Card, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Loaded, Table } from '../../ui/patterns';
import { PaperLink } from '../PaperLink';

/** The whole item: every place where something is promised or expected. */
export function Ahead({ itemId }: { itemId: number }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const query = useResource<Projections>(`/items/${itemId}/projection`, {}, true);
  return (
    <Card heading={t('ahead.title')} flush>
      <Loaded query={query}>
        {(found) => {
          const places = found.data.filter((one) => one.changes.length > 0);
          return (
            <>
              {places.length === 0 && <Empty>{t('ahead.empty')}</Empty>}
              {places.map((one) => (
                <Timeline key={one.location.id} projection={one} />
              ))}
              <div className="footer">
                {found.incoming.map((one) => (
                  <span className="subdued" key={one.location.id}>
                    {t('ahead.incoming', {
                      count: one.quantity,
                      units: number(one.quantity),
                      place: one.location.name,
                    })}{' '}
                  </span>
                ))}
                <To to="/arrivals">{t('ahead.state')}</To>
              </div>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

/** One place: what is free now and after each change. */
export function Timeline({ projection }: { projection: Projection }) {
  const { t } = useTranslation();
  const { number, date } = useFormat();
  const now = { day: '', kind: 'now' as const, units: 0, free_after: projection.free };
  const rows = [now, ...projection.changes].map((row, index) => ({ ...row, index }));
  return (
    <Table
      label={t('ahead.at', { place: projection.location.name })}
      rows={rows}
      rowKey={(row) => row.index}
      columns={[
        {
          key: 'day',
          label: t('ahead.at', { place: projection.location.name }),
          show: (row) => (row.kind === 'now' ? t('common.now') : date(row.day)),
        },
        {
          key: 'what',
          label: t('ahead.what'),
          show: (row) =>
            'document' in row && row.document ? (
              <span>
                <span className="subdued">{t(`ahead.${row.kind}`)}</span>{' '}
                <PaperLink paper={row.document} />
              </span>
            ) : (
              t('ahead.free')
            ),
        },
        {
          key: 'units',
          label: t('ahead.change'),
          number: true,
          show: (row) =>
            row.kind === 'now' ? '' : `${row.units > 0 ? '+' : ''}${number(row.units)}`,
        },
        {
          key: 'after',
          label: t('ahead.after'),
          number: true,
          show: (row) => (
            <span className={row.free_after < 0 ? 'negative' : ''}>{number(row.free_after)}</span>
          ),
        },
      ]}
    />
  );
}
