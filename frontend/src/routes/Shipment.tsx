// The packing screen: what goes into which carton, what stands against sending it, and sending it.
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useResource } from '../api/queries';
import type { Shipment as Whole } from '../api/shipping';
import { useSaid } from '../i18n/useSaid';
import { Banner, Card, Page, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Figures, Loaded } from '../ui/patterns';
import { HandOver } from './HandOver';
import { orderPath } from './orderPath';
import { Retrying } from './Retrying';
import { ShipmentBadge } from './Shipments';
import { Cartons } from './shipment/Cartons';
import { Findings } from './shipment/Findings';
import { Finish } from './shipment/Finish';
import { Lines } from './shipment/Lines';
import { Print } from './shipment/Print';
import { Transport } from './shipment/Transport';
import { Truck } from './shipment/Truck';

export default function Shipment() {
  const { t } = useTranslation();
  const { identifier } = useParams();
  const query = useResource<Whole>(`/shipments/${identifier}`, {}, true);
  return (
    <Loaded query={query}>
      {(shipment) => (
        <Page
          heading={`${shipment.identifier} · ${shipment.ship_to}`}
          back={{ to: '/shipments', label: t('shipping.title') }}
          action={<ShipmentBadge shipment={shipment} />}
        >
          <Troubles shipment={shipment} />
          {!shipment.is_correcting && (
            <HandOver
              kind="shipment"
              path={`/shipments/${shipment.identifier}/hand-over?region=${shipment.region}`}
              region={shipment.region}
              reference={shipment.identifier}
              paper={shipment}
            />
          )}
          <Sums shipment={shipment} />
          <Findings findings={shipment.findings} />
          <Lines shipment={shipment} />
          <Cartons shipment={shipment} />
          <Print shipment={shipment} />
          <Truck key={shipment.identifier} shipment={shipment} />
          {shipment.freight_term === 'Collect' && <Transport shipment={shipment} />}
          <Finish shipment={shipment} />
        </Page>
      )}
    </Loaded>
  );
}

function Troubles({ shipment }: { shipment: Whole }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  return (
    <>
      {shipment.error && (
        <Banner tone="critical" heading={t('shipping.refused')}>
          {said(shipment.error)}
        </Banner>
      )}
      {['waiting', 'sent'].includes(shipment.state) && <Retrying message={shipment.message_id} />}
      {shipment.reminded_at && (shipment.may_be_changed || shipment.waits_for_a_person) && (
        <Banner
          tone="critical"
          heading={t('shipping.noNotice', { when: time(shipment.departs_at) })}
        />
      )}
      {!shipment.has_prefix && shipment.may_be_changed && (
        <Banner
          tone="warning"
          heading={t('shipping.prefixNeeded')}
          action={<To to="/settings">{t('nav.settings')}</To>}
        />
      )}
    </>
  );
}

function Sums({ shipment }: { shipment: Whole }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const packed = shipment.lines.reduce((sum, line) => sum + line.packed, 0);
  return (
    <Card>
      <div className="big">
        <Figures
          figures={[
            {
              label: t('shipping.packed'),
              value: `${number(packed)} / ${number(shipment.units)}`,
            },
            { label: t('orders.cartons'), value: number(shipment.carton_count) },
            { label: t('shipping.pallets'), value: number(shipment.pallet_count) },
          ]}
        />
      </div>
      <p className="subdued">
        {shipment.numbers.map((one) => (
          <span key={one}>
            PO <To to={orderPath(one, shipment.region)}>{one}</To>{' '}
          </span>
        ))}
        · {shipment.location.name} → {shipment.ship_to} ·{' '}
        {t(`shipping.freight.${shipment.freight_term}`)}
        {shipment.message_id && (
          <>
            {' · '}
            <To to={`/activity/${shipment.message_id}`}>{t('shipping.notice')}</To>
          </>
        )}
      </p>
    </Card>
  );
}
