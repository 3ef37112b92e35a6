using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// The AppHost's side of <see cref="ResourceContract"/>: tells of resources and their console, carries out commands.
/// Loopback only, on a port and with a key that are new in every run.
/// </summary>
internal sealed class ResourceEndpoint(
    ResourceNotificationService notifications, ResourceLoggerService logs, ResourceCommandService commands, ResourceViews views, UsageSampler usage, TimeProvider clock)
    : IAsyncDisposable
{
    private const int MaxLinesPerEvent = 500;
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(2);
    private WebApplication? _server;

    public string ApiKey { get; } = DashboardPlan.NewKey();

    public async Task<Uri> OpenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _server = builder.Build();
        _server.Use(RequireKeyAsync);
        _server.UseRouting();
        _server.MapGet(ResourceContract.EventsPath, (CancellationToken token) => TypedResults.ServerSentEvents(EventsAsync(token)));
        _server.MapGet("/v1/resources/{name}/console", (string name, CancellationToken token) => TypedResults.ServerSentEvents(ConsoleAsync(name, token)));
        _server.MapPost("/v1/resources/{name}/commands/{command}", ExecuteAsync);
        await _server.StartAsync(cancellationToken);
        return new Uri(_server.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
            await Task.WhenAny(CloseAsync(server), Task.Delay(CloseLimit, clock));
    }

    private static async Task CloseAsync(WebApplication server)
    {
        try
        {
            await server.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // Streams that are still open would make a polite stop wait.
        }

        await server.DisposeAsync();
    }

    private async Task RequireKeyAsync(HttpContext context, RequestDelegate next)
    {
        var given = Encoding.UTF8.GetBytes(context.Request.Headers[ResourceContract.ApiKeyHeader].ToString());
        if (CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(ApiKey)))
            await next(context);
        else
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
    }

    private async Task<IResult> ExecuteAsync(string name, string command, CancellationToken cancellationToken)
    {
        var result = await commands.ExecuteCommandAsync(name, command, cancellationToken);
        return Results.Json(new CommandOutcome(result.Success, result.Canceled ? "The command was canceled." : result.Message), ResourceContractJson.Default.CommandOutcome);
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var known in notifications.Current)
            yield return await ChangeAsync(known, cancellationToken);
        yield return new SseItem<string>("{}", ResourceContract.ReadyEvent);

        // A dashboard that does not read loses the oldest events, not the AppHost's memory.
        var events = Channel.CreateBounded<SseItem<string>>(new BoundedChannelOptions(1_000) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
        var writing = Task.WhenAll(WriteChangesAsync(events.Writer, cancellationToken), WriteUsageAsync(events.Writer, cancellationToken));
        await foreach (var item in events.Reader.ReadAllAsync(cancellationToken))
            yield return item;
        await writing;
    }

    private async Task WriteChangesAsync(ChannelWriter<SseItem<string>> events, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(cancellationToken))
                events.TryWrite(await ChangeAsync(change, cancellationToken));
            events.TryComplete();
        }
        catch (Exception exception)
        {
            events.TryComplete(exception is OperationCanceledException ? null : exception);
        }
    }

    private async Task WriteUsageAsync(ChannelWriter<SseItem<string>> events, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(SampleInterval, clock);
            do
            {
                var processes = notifications.Current.Where(state => state.Snapshot.ProcessId is not null).Select(state => (state.ResourceId, state.Snapshot.ProcessId!.Value));
                if (usage.Sample(processes) is { Length: > 0 } samples)
                    events.TryWrite(new SseItem<string>(JsonSerializer.Serialize(samples, ResourceContractJson.Default.UsageViewArray), ResourceContract.UsageEvent));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (Exception exception)
        {
            events.TryComplete(exception is OperationCanceledException ? null : exception);
        }
    }

    private async Task<SseItem<string>> ChangeAsync(ResourceEvent state, CancellationToken cancellationToken)
    {
        var change = new ResourceChange(await views.OfAsync(state, cancellationToken), null);
        return new SseItem<string>(JsonSerializer.Serialize(change, ResourceContractJson.Default.ResourceChange), ResourceContract.ChangeEvent);
    }

    private async IAsyncEnumerable<SseItem<string>> ConsoleAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in logs.WatchTimedAsync(name, cancellationToken))
        {
            foreach (var lines in batch.Chunk(MaxLinesPerEvent))
            {
                ConsoleLine[] view = [.. lines.Select(line => new ConsoleLine(line.Line.LineNumber, line.Time, line.Line.IsErrorMessage, line.Line.Content))];
                yield return new SseItem<string>(JsonSerializer.Serialize(view, ResourceContractJson.Default.ConsoleLineArray), ResourceContract.LinesEvent);
            }
        }
    }
}
