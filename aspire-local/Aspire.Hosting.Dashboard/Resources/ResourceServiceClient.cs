using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Aspire.Hosting.Dashboard.Hosting;

namespace Aspire.Hosting.Dashboard.Resources;

/// <summary>Follows the AppHost's resource service, comes back after it was lost, and passes on commands.</summary>
internal sealed partial class ResourceServiceClient(
    DashboardSettings settings, ResourceBoard board, TimeProvider clock, ILogger<ResourceServiceClient> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly HttpClient _http = CreateHttpClient(settings);

    public bool IsConfigured => settings.ResourceServiceUrl is not null;

    /// <summary>The lines kept so far, then each new batch, until the caller stops or the AppHost goes away.</summary>
    public async IAsyncEnumerable<ConsoleLine[]> WatchConsoleAsync(string resource, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = await _http.GetStreamAsync(ResourceContract.ConsolePath(resource), cancellationToken);
        await foreach (var item in SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize(data, ResourceContractJson.Default.ConsoleLineArray)!).EnumerateAsync(cancellationToken))
            yield return item.Data;
    }

    public async Task<CommandOutcome> ExecuteAsync(string resource, string command, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.PostAsync(ResourceContract.CommandPath(resource, command), null, cancellationToken);
            if (!response.IsSuccessStatusCode)
                return new CommandOutcome(false, $"The AppHost answered {(int)response.StatusCode} {response.ReasonPhrase}.");
            return await response.Content.ReadFromJsonAsync(ResourceContractJson.Default.CommandOutcome, cancellationToken) ?? new CommandOutcome(true, null);
        }
        catch (HttpRequestException error)
        {
            return new CommandOutcome(false, $"The AppHost does not answer: {error.Message}");
        }
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsConfigured)
            return;
        board.SetLink(LinkState.Connecting);
        var pause = TimeSpan.FromMilliseconds(200);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(() => pause = TimeSpan.FromMilliseconds(200), stoppingToken);
                board.SetLink(LinkState.Lost, "The AppHost closed the connection.");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                board.SetLink(LinkState.Lost, error.Message);
                LinkLost(logger, settings.ResourceServiceUrl!, error.Message);
            }

            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private async Task FollowAsync(Action connected, CancellationToken cancellationToken)
    {
        await using var stream = await _http.GetStreamAsync(ResourceContract.EventsPath, cancellationToken);
        connected();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var parser = SseParser.Create(stream, static (_, data) => data.ToArray());
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            switch (item.EventType)
            {
                case ResourceContract.ChangeEvent:
                    var change = JsonSerializer.Deserialize(item.Data, ResourceContractJson.Default.ResourceChange)!;
                    if (change.Upsert is { } resource)
                        seen.Add(resource.Name);
                    board.Apply(change);
                    break;
                case ResourceContract.UsageEvent:
                    board.Apply(JsonSerializer.Deserialize(item.Data, ResourceContractJson.Default.UsageViewArray)!);
                    break;
                case ResourceContract.ReadyEvent:
                    board.KeepOnly(seen);
                    board.SetLink(LinkState.Connected);
                    break;
            }
        }
    }

    private static HttpClient CreateHttpClient(DashboardSettings settings)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = settings.ResourceServiceUrl,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (settings.ResourceServiceApiKey is { Length: > 0 } key)
            http.DefaultRequestHeaders.Add(ResourceContract.ApiKeyHeader, key);
        return http;
    }

    [LoggerMessage(1, LogLevel.Information, "The AppHost's resource service at {Url} cannot be followed: {Reason}. Trying again.")]
    private static partial void LinkLost(ILogger logger, Uri url, string reason);
}
