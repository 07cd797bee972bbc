// The screens and the admin's links to them.
import { type ComponentType, lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Route, Routes, useLocation, useNavigate } from 'react-router';
import { loadScreens } from './i18n';
import { Home } from './routes/Home';
import { onNavigate } from './shell/appBridge';
import { groupLinks } from './shell/sections';
import { AppNavigation, Page, Spinner } from './ui/elements';

// A screen comes with its words; the home screen's few are there from the start.
const screen = (load: () => Promise<{ default: ComponentType }>) =>
  lazy(async () => {
    const [module] = await Promise.all([load(), loadScreens()]);
    return module;
  });

const Stock = screen(() => import('./routes/Stock'));
const StockItem = screen(() => import('./routes/StockItem'));
const Collisions = screen(() => import('./routes/Collisions'));
const Discrepancies = screen(() => import('./routes/Discrepancies'));
const Discrepancy = screen(() => import('./routes/Discrepancy'));
const Counts = screen(() => import('./routes/Counts'));
const AssignmentRules = screen(() => import('./routes/AssignmentRules'));
const Arrivals = screen(() => import('./routes/Arrivals'));
const Policies = screen(() => import('./routes/Policies'));
const PurchaseOrders = screen(() => import('./routes/PurchaseOrders'));
const UnmappedProducts = screen(() => import('./routes/UnmappedProducts'));
const Files = screen(() => import('./routes/Files'));
const FileImport = screen(() => import('./routes/FileImport'));
const X12 = screen(() => import('./routes/X12'));
const OrderSteps = screen(() => import('./routes/OrderSteps'));
const Windows = screen(() => import('./routes/Windows'));
const AgreedCosts = screen(() => import('./routes/AgreedCosts'));
const AnswerRules = screen(() => import('./routes/AnswerRules'));
const PurchaseOrder = screen(() => import('./routes/PurchaseOrder'));
const Shipments = screen(() => import('./routes/Shipments'));
const Shipment = screen(() => import('./routes/Shipment'));
const Receipts = screen(() => import('./routes/Receipts'));
const Invoices = screen(() => import('./routes/Invoices'));
const Invoice = screen(() => import('./routes/Invoice'));
const Payments = screen(() => import('./routes/Payments'));
const Payment = screen(() => import('./routes/Payment'));
const BankLines = screen(() => import('./routes/BankLines'));
const Deductions = screen(() => import('./routes/Deductions'));
const Evidence = screen(() => import('./routes/Evidence'));
const Disputes = screen(() => import('./routes/Disputes'));
const Dispute = screen(() => import('./routes/Dispute'));
const Audits = screen(() => import('./routes/Audits'));
const Claims = screen(() => import('./routes/Claims'));
const Deduction = screen(() => import('./routes/Deduction'));
const Reconciliation = screen(() => import('./routes/Reconciliation'));
const ReconciliationLine = screen(() => import('./routes/ReconciliationLine'));
const ReconciliationInvoices = screen(() => import('./routes/ReconciliationInvoices'));
const Cash = screen(() => import('./routes/Cash'));
const Billing = screen(() => import('./routes/Billing'));
const Alerts = screen(() => import('./routes/Alerts'));
const Journals = screen(() => import('./routes/Journals'));
const Exports = screen(() => import('./routes/Exports'));
const Reports = screen(() => import('./routes/Reports'));
const ReportedAsin = screen(() => import('./routes/ReportedAsin'));
const Activity = screen(() => import('./routes/Activity'));
const ActivityMessage = screen(() => import('./routes/ActivityMessage'));
const AmazonConnection = screen(() => import('./routes/AmazonConnection'));
const Settings = screen(() => import('./routes/Settings'));

export function App() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  useEffect(() => onNavigate((path) => navigate(path)), [navigate]);
  const links = groupLinks(useLocation().pathname).map(({ to, word }) => ({
    to,
    label: t(`nav.${word}`),
  }));
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
          <Route path="/discrepancies/counts" element={<Counts />} />
          <Route path="/discrepancies/rules" element={<AssignmentRules />} />
          <Route path="/discrepancies/:id" element={<Discrepancy />} />
          <Route path="/arrivals" element={<Arrivals />} />
          <Route path="/policies" element={<Policies />} />
          <Route path="/purchase-orders" element={<PurchaseOrders />} />
          <Route path="/purchase-orders/windows" element={<Windows />} />
          <Route path="/purchase-orders/steps" element={<OrderSteps />} />
          <Route path="/purchase-orders/rules" element={<AnswerRules />} />
          <Route path="/purchase-orders/costs" element={<AgreedCosts />} />
          <Route path="/purchase-orders/files" element={<Files />} />
          <Route path="/purchase-orders/files/:id" element={<FileImport />} />
          <Route path="/purchase-orders/x12" element={<X12 />} />
          <Route path="/purchase-orders/:number" element={<PurchaseOrder />} />
          <Route path="/unmapped-products" element={<UnmappedProducts />} />
          <Route path="/shipments" element={<Shipments />} />
          <Route path="/shipments/:identifier" element={<Shipment />} />
          <Route path="/receipts" element={<Receipts />} />
          <Route path="/invoices" element={<Invoices />} />
          <Route path="/invoices/billing" element={<Billing />} />
          <Route path="/invoices/payments" element={<Payments />} />
          <Route path="/invoices/payments/:region/:id" element={<Payment />} />
          <Route path="/invoices/payments/bank" element={<BankLines />} />
          <Route path="/invoices/:id" element={<Invoice />} />
          <Route path="/evidence" element={<Evidence />} />
          <Route path="/disputes" element={<Disputes />} />
          <Route path="/disputes/:id" element={<Dispute />} />
          <Route path="/deductions/audits" element={<Audits />} />
          <Route path="/deductions/claims" element={<Claims />} />
          <Route path="/deductions" element={<Deductions />} />
          <Route path="/deductions/:region/:kind/:currency/*" element={<Deduction />} />
          <Route path="/reconciliation" element={<Reconciliation />} />
          <Route path="/reconciliation/invoices" element={<ReconciliationInvoices />} />
          <Route path="/reconciliation/:region/:number/:line" element={<ReconciliationLine />} />
          <Route path="/cash" element={<Cash />} />
          <Route path="/alerts" element={<Alerts />} />
          <Route path="/journals" element={<Journals />} />
          <Route path="/exports" element={<Exports />} />
          <Route path="/reports" element={<Reports />} />
          <Route path="/reports/:asin" element={<ReportedAsin />} />
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
