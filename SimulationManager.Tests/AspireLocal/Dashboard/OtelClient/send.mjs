// Sends one trace of two services, metrics and logs with the OpenTelemetry JavaScript SDK.
// node send.mjs grpc|proto|json <endpoint> <api key> <service prefix>; prints the trace id.
import { context, trace, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

const [protocol, endpoint, key, prefix] = process.argv.slice(2);
const kind = { grpc: 'grpc', proto: 'proto', json: 'http' }[protocol];
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);
const { OTLPMetricExporter } = await import(`@opentelemetry/exporter-metrics-otlp-${kind}`);
const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kind}`);

let grpcMetadata;
if (kind === 'grpc') {
  const { Metadata } = await import('@grpc/grpc-js');
  grpcMetadata = new Metadata();
  grpcMetadata.set('x-otlp-api-key', key);
}
const options = signal => kind === 'grpc'
  ? { url: endpoint, metadata: grpcMetadata, compression: 'gzip' }
  : { url: `${endpoint}/v1/${signal}`, headers: { 'x-otlp-api-key': key }, compression: 'gzip' };

function service(name) {
  const resource = resourceFromAttributes({ 'service.name': `${prefix}-${name}`, 'service.instance.id': '1' });
  const tracers = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(options('traces')) })] });
  const meters = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(options('metrics')), exportIntervalMillis: 60000 })] });
  const loggers = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(options('logs')) })] });
  return {
    tracer: tracers.getTracer('shop'),
    meter: meters.getMeter('shop'),
    logger: loggers.getLogger('shop'),
    close: () => Promise.all([tracers.shutdown(), meters.shutdown(), loggers.shutdown()]),
  };
}

const web = service('web');
const stock = service('stock');
const root = web.tracer.startSpan('POST /orders', { kind: SpanKind.SERVER, attributes: { 'http.request.method': 'POST', 'http.response.status_code': 500 } });
const inRoot = trace.setSpan(context.active(), root);
web.logger.emit({ context: inRoot, severityNumber: SeverityNumber.INFO, severityText: 'INFO', body: 'order 17 came in', attributes: { order: 17 } });
const call = web.tracer.startSpan('reserve', { kind: SpanKind.CLIENT }, inRoot);
const inner = stock.tracer.startSpan('Reserve', { kind: SpanKind.SERVER, attributes: { tags: ['a', 'b'] } }, trace.setSpan(context.active(), call));
inner.addEvent('out of stock', { article: 'bolt' });
inner.setStatus({ code: SpanStatusCode.ERROR, message: 'no bolts left' });
stock.logger.emit({ context: trace.setSpan(context.active(), inner), severityNumber: SeverityNumber.ERROR, severityText: 'ERROR', body: 'no bolts left' });
await new Promise(resolve => setTimeout(resolve, 12));
inner.end();
call.end();
root.end();
web.meter.createCounter('orders', { unit: '{order}', description: 'Orders that came in' }).add(3, { shop: 'north' });
const duration = web.meter.createHistogram('order.duration', { unit: 'ms', description: 'Time to take an order' });
for (const value of [3, 7, 12, 40, 90, 600])
  duration.record(value, { shop: 'north' });
await web.close();
await stock.close();
console.log(root.spanContext().traceId);
