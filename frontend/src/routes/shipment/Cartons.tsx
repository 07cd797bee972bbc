// Cartons and pallets of a shipment, each with the number that its label shows.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Carton, Shipment } from '../../api/shipping';
import { useSaid } from '../../i18n/useSaid';
import { Badge, Button, Card, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure, Table } from '../../ui/patterns';
import { useStep } from './change';

export function Cartons({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const step = useStep(shipment);
  const open = shipment.may_be_changed;
  const loose = shipment.cartons.some((one) => one.pallet === null);
  return (
    <Card heading={t('orders.cartons')} flush>
      {step.error && <Failure error={step.error} />}
      {shipment.cartons.length === 0 ? (
        <Empty>{t('shipping.noCartons')}</Empty>
      ) : (
        <CartonTable shipment={shipment} />
      )}
      {shipment.pallets.length > 0 && (
        <ul className="plain padded">
          {shipment.pallets.map((one) => (
            <li key={one.pallet}>
              <Badge>{t('shipping.pallet', { pallet: one.pallet })}</Badge>{' '}
              {t('shipping.cartonsOn', { count: one.carton_count })}{' '}
              <span className="subdued">{one.sscc}</span>{' '}
              {open && (
                <Button
                  onClick={() => step.mutate({ method: 'DELETE', path: `/pallets/${one.pallet}` })}
                >
                  {t('shipping.unload')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {open && shipment.cartons.length > 0 && (
        <div className="footer">
          {loose && (
            <Button
              busy={step.isPending}
              onClick={() => step.mutate({ method: 'POST', path: '/pallets', body: {} })}
            >
              {t('shipping.palletize')}
            </Button>
          )}
          <Button
            busy={step.isPending}
            onClick={() => step.mutate({ method: 'DELETE', path: '/cartons' })}
          >
            {t('shipping.unpackAll')}
          </Button>
        </div>
      )}
    </Card>
  );
}

function CartonTable({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const { number, date } = useFormat();
  const step = useStep(shipment);
  const item = (row: Carton['lines'][number]) =>
    shipment.lines.find((one) => one.number === row.number && one.line === row.line)?.item?.sku ??
    row.line;
  return (
    <>
      {step.error && <Failure error={step.error} />}
      <Table
        label={t('orders.cartons')}
        rows={shipment.cartons}
        rowKey={(row) => row.carton}
        columns={[
          { key: 'carton', label: t('shipping.carton'), show: (row) => row.carton },
          { key: 'sscc', label: 'SSCC', show: (row) => row.sscc ?? '–' },
          {
            key: 'pallet',
            label: t('shipping.onPallet'),
            show: (row) => row.pallet ?? '–',
          },
          {
            key: 'contents',
            label: t('shipping.contents'),
            show: (row) => (
              <span>
                {row.lines.map((line) => (
                  <div key={line.number + line.line + line.lot_number}>
                    {number(line.units)} × {item(line)}{' '}
                    <span className="subdued">
                      {line.lot_number} {line.expires_on && date(line.expires_on)}
                    </span>
                  </div>
                ))}
              </span>
            ),
          },
          ...(shipment.type === 'SmallParcel'
            ? [
                {
                  key: 'tracking',
                  label: t('shipping.tracking'),
                  show: (row: Carton) => <Tracking shipment={shipment} carton={row} />,
                },
              ]
            : []),
          ...(shipment.may_be_changed
            ? [
                {
                  key: 'unpack',
                  label: '',
                  show: (row: Carton) => (
                    <Button
                      onClick={() =>
                        step.mutate({ method: 'DELETE', path: `/cartons/${row.carton}` })
                      }
                    >
                      {t('shipping.unpack')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </>
  );
}

function Tracking({ shipment, carton }: { shipment: Shipment; carton: Carton }) {
  const { t } = useTranslation();
  const said = useSaid();
  const step = useStep(shipment);
  const [typed, setTyped] = useState<string | null>(null);
  if (!shipment.may_be_changed) return <span>{carton.tracking_number ?? '–'}</span>;
  return (
    <span>
      <TextField
        label={`${t('shipping.tracking')} ${carton.carton}`}
        hideLabel
        value={typed ?? carton.tracking_number ?? ''}
        onChange={setTyped}
        error={said(step.error?.message)}
      />
      {typed !== null && (
        <Button
          busy={step.isPending}
          onClick={() =>
            step.mutate(
              {
                method: 'PUT',
                path: `/cartons/${carton.carton}`,
                body: { lines: carton.lines, tracking_number: typed || null },
              },
              { onSuccess: () => setTyped(null) },
            )
          }
        >
          {t('common.save')}
        </Button>
      )}
    </span>
  );
}
