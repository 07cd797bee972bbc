// The pack of a dispute: what is in it, on which page, and what was left out and why.
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { download } from '../../api/client';
import type { Pack } from '../../api/disputes';
import { useResource } from '../../api/queries';
import { Badge, Banner, Button, Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure, Loaded, Table } from '../../ui/patterns';

export function PackCard({ disputeId }: { disputeId: number }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const query = useResource<Pack>(`/disputes/${disputeId}/pack-contents`);
  const taken = useMutation({
    mutationFn: (format: 'pdf' | 'zip') => download(`/disputes/${disputeId}/pack?format=${format}`),
  });
  const size = (bytes: number) => t('evidence.size', { size: number(Math.ceil(bytes / 1024)) });
  return (
    <Card flush heading={t('disputes.pack')}>
      {taken.error && <Failure error={taken.error} />}
      <Loaded query={query}>
        {(pack) => (
          <>
            {pack.contents.some((one) => one.page === null) && (
              <Banner tone="warning" heading={t('disputes.leftOut')}>
                {pack.contents
                  .filter((one) => one.page === null)
                  .map((one) => one.name)
                  .join(', ')}
              </Banner>
            )}
            <div className="filters">
              <Button
                primary
                busy={taken.isPending && taken.variables === 'pdf'}
                onClick={() => taken.mutate('pdf')}
              >
                {t('disputes.packPdf', { size: size(pack.pdf_bytes) })}
              </Button>
              <Button
                busy={taken.isPending && taken.variables === 'zip'}
                onClick={() => taken.mutate('zip')}
              >
                {t('disputes.packZip', { size: size(pack.zip_bytes) })}
              </Button>
            </div>
            <p className="subdued padded">
              {t('disputes.portal', {
                size: size(pack.largest_bytes),
                files: number(pack.most_files),
              })}{' '}
              {!pack.verified && <Badge tone="warning">{t('disputes.unverified')}</Badge>}
            </p>
            <Table
              label={t('disputes.pack')}
              rows={pack.contents}
              rowKey={(one) => one.number}
              columns={[
                {
                  key: 'type',
                  label: t('evidence.type'),
                  show: (one) => t(`evidence.types.${one.type}`),
                },
                { key: 'name', label: t('evidence.name'), show: (one) => one.name },
                {
                  key: 'page',
                  label: t('disputes.page'),
                  show: (one) =>
                    one.page === null ? (
                      <Badge tone="warning">
                        {t(`disputes.reasons.${one.reason}`, { defaultValue: one.reason })}
                      </Badge>
                    ) : (
                      number(one.page)
                    ),
                },
              ]}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}
