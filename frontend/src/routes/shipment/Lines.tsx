// The lines at the packing table, each with the few fields that packing it needs.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { Shipment, ShipmentLine } from '../../api/shipping';
import { Button, Card, Checkbox, NumberField, TextField, To } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Empty, Failure, Named } from '../../ui/patterns';
import { useStep } from './change';

export function Lines({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const step = useStep(shipment);
  const rest = shipment.lines.some((line) => line.packed < line.units && !line.dated);
  return (
    <Card heading={t('shipping.pack')}>
      {step.error && <Failure error={step.error} />}
      {shipment.may_be_changed && rest && (
        <p>
          <Button
            primary
            busy={step.isPending}
            onClick={() => step.mutate({ method: 'POST', path: '/cartons', body: {} })}
          >
            {t('shipping.packByCase')}
          </Button>
        </p>
      )}
      {shipment.lines.length === 0 && <Empty>{t('shipping.noLines')}</Empty>}
      <ul className="ways">
        {shipment.lines.map((line) => (
          <li key={line.number + line.line}>
            <div className="grow">
              {line.item ? (
                <Named item={line.item}>
                  <To to={`/stock/${line.item.id}?state=reserved`}>{line.item.sku}</To>
                </Named>
              ) : (
                <span className="negative">
                  {line.asin} {line.vendor_sku}: {t('orders.unmapped')}
                </span>
              )}
              <span className="subdued">
                PO {line.number} · {line.asin} · {t('orders.held')} {line.held}
              </span>
            </div>
            <Packed line={line} />
            {shipment.may_be_changed && <PackLine shipment={shipment} line={line} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Packed({ line }: { line: ShipmentLine }) {
  const { number } = useFormat();
  const done = line.packed === line.units;
  return (
    <span className={done ? 'count' : 'count negative'}>
      {number(line.packed)} / {number(line.units)}
    </span>
  );
}

function PackLine({ shipment, line }: { shipment: Shipment; line: ShipmentLine }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const step = useStep(shipment);
  const rest = Math.max(0, line.units - line.packed);
  const [units, setUnits] = useState<string | null>(null);
  const [each, setEach] = useState<string | null>(null);
  const [copies, setCopies] = useState<string | null>(null);
  const [lot, setLot] = useState('');
  const [expires, setExpires] = useState('');
  const size = Math.min(rest, line.carton_size ?? rest);
  const inEach = each ?? String(size);
  const count = copies ?? String(Number(inEach) > 0 ? Math.floor(rest / Number(inEach)) || 1 : 1);
  const dated = useMutation({
    mutationFn: (on: boolean) => send('PUT', `/items/${line.item?.id}/dated`, { dated: on }),
    onSettled: () => queries.invalidateQueries(),
  });
  const failed = step.error ?? dated.error;
  const named = { number: line.number, line: line.line };
  return (
    <div className="packing">
      {failed && <Failure error={failed} />}
      <div className="filters tight">
        <NumberField
          label={t('shipping.leaves')}
          value={units ?? String(line.units)}
          step={line.case}
          onChange={setUnits}
        />
        {units !== null && Number(units) !== line.units ? (
          <Button
            busy={step.isPending}
            onClick={() =>
              step.mutate(
                {
                  method: 'PUT',
                  path: '/lines',
                  body: { lines: [{ ...named, units: Number(units) }] },
                },
                { onSuccess: () => setUnits(null) },
              )
            }
          >
            {t('common.save')}
          </Button>
        ) : (
          rest > 0 && (
            <>
              <NumberField label={t('orders.cartons')} value={count} onChange={setCopies} />
              <NumberField label={t('shipping.unitsEach')} value={inEach} onChange={setEach} />
              {line.dated && (
                <>
                  <TextField label={t('shipping.lot')} value={lot} onChange={setLot} />
                  <label className="plain">
                    {t('shipping.expires')}
                    <input
                      type="date"
                      value={expires}
                      onChange={(event) => setExpires(event.target.value)}
                    />
                  </label>
                </>
              )}
              <Button
                busy={step.isPending}
                disabled={line.dated && !(lot && expires)}
                onClick={() =>
                  step.mutate(
                    {
                      method: 'POST',
                      path: '/cartons',
                      body: {
                        copies: Number(count),
                        lines: [
                          {
                            ...named,
                            units: Number(inEach),
                            lot_number: lot,
                            expires_on: expires || null,
                          },
                        ],
                      },
                    },
                    {
                      onSuccess: () => {
                        setEach(null);
                        setCopies(null);
                      },
                    },
                  )
                }
              >
                {t('shipping.packNow')}
              </Button>
            </>
          )
        )}
      </div>
      {line.item && (
        <Checkbox
          label={t('shipping.dated')}
          checked={line.dated}
          onChange={(on) => dated.mutate(on)}
        />
      )}
    </div>
  );
}
