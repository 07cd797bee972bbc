// The screens and the admin's links to them.
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Route, Routes, useNavigate } from 'react-router';
import { Home } from './routes/Home';
import { onNavigate } from './shell/appBridge';
import { AppNavigation, Page, Spinner } from './ui/elements';

const Stock = lazy(() => import('./routes/Stock'));
const StockItem = lazy(() => import('./routes/StockItem'));
const Collisions = lazy(() => import('./routes/Collisions'));
const Discrepancies = lazy(() => import('./routes/Discrepancies'));
const Arrivals = lazy(() => import('./routes/Arrivals'));
const Policies = lazy(() => import('./routes/Policies'));
const PurchaseOrders = lazy(() => import('./routes/PurchaseOrders'));
const AnswerRules = lazy(() => import('./routes/AnswerRules'));
const PurchaseOrder = lazy(() => import('./routes/PurchaseOrder'));
const Shipments = lazy(() => import('./routes/Shipments'));
const Shipment = lazy(() => import('./routes/Shipment'));
const Receipts = lazy(() => import('./routes/Receipts'));
const Invoices = lazy(() => import('./routes/Invoices'));
const Invoice = lazy(() => import('./routes/Invoice'));
const Billing = lazy(() => import('./routes/Billing'));
const Activity = lazy(() => import('./routes/Activity'));
const ActivityMessage = lazy(() => import('./routes/ActivityMessage'));
const AmazonConnection = lazy(() => import('./routes/AmazonConnection'));
const Settings = lazy(() => import('./routes/Settings'));

export function App() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  useEffect(() => onNavigate((path) => navigate(path)), [navigate]);
  const links = [
    { to: '/stock', label: t('nav.stock') },
    { to: '/collisions', label: t('nav.collisions') },
    { to: '/discrepancies', label: t('nav.discrepancies') },
    { to: '/arrivals', label: t('nav.arrivals') },
    { to: '/purchase-orders', label: t('nav.purchaseOrders') },
    { to: '/shipments', label: t('nav.shipments') },
    { to: '/receipts', label: t('nav.receipts') },
    { to: '/invoices', label: t('nav.invoices') },
    { to: '/policies', label: t('nav.policies') },
    { to: '/activity', label: t('nav.activity') },
    { to: '/settings', label: t('nav.settings') },
  ];
  return (
    <>
      <AppNavigation links={links} />
      <Suspense
        fallback={
          <div className="waiting">
            <Spinner label={t('common.loading')} />
          </div>
        }
      >
        <Routes>
          <Route path="/" element={<Home />} />
          <Route path="/stock" element={<Stock />} />
          <Route path="/stock/:id" element={<StockItem />} />
          <Route path="/collisions" element={<Collisions />} />
          <Route path="/discrepancies" element={<Discrepancies />} />
          <Route path="/arrivals" element={<Arrivals />} />
          <Route path="/policies" element={<Policies />} />
          <Route path="/purchase-orders" element={<PurchaseOrders />} />
          <Route path="/purchase-orders/rules" element={<AnswerRules />} />
          <Route path="/purchase-orders/:number" element={<PurchaseOrder />} />
          <Route path="/shipments" element={<Shipments />} />
          <Route path="/shipments/:identifier" element={<Shipment />} />
          <Route path="/receipts" element={<Receipts />} />
          <Route path="/invoices" element={<Invoices />} />
          <Route path="/invoices/billing" element={<Billing />} />
          <Route path="/invoices/:id" element={<Invoice />} />
          <Route path="/activity" element={<Activity />} />
          <Route path="/activity/:id" element={<ActivityMessage />} />
          <Route path="/settings" element={<Settings />} />
          <Route path="/settings/connections/:id" element={<AmazonConnection />} />
          <Route path="*" element={<Page heading="404">{t('error.notFound')}</Page>} />
        </Routes>
      </Suspense>
    </>
  );
}
