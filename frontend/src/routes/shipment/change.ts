// Every step at the packing table is one call, after which the screen reads the shipment anew.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { send } from '../../api/client';
import type { Shipment } from '../../api/shipping';

export interface Step {
  method: 'POST' | 'PUT' | 'DELETE';
  path: string;
  body?: unknown;
}

/** A step on this shipment; `path` goes below it. */
export function useStep(shipment: Shipment, done?: () => void) {
  const queries = useQueryClient();
  const address = `/shipments/${shipment.identifier}`;
  return useMutation({
    mutationFn: ({ method, path, body }: Step) =>
      send<Shipment>(method, `${address}${path}?region=${shipment.region}`, body),
    onSuccess: () => done?.(),
    onSettled: () => queries.invalidateQueries(),
  });
}
