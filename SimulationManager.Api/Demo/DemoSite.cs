using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Demo;

/// <summary>
/// The edge site of the demo: the broker that was started with the application. Data outlive the broker's port, so each start brings the
/// site up to date. Its description names its endpoint: where the two differ, or the name is another one, a person has changed the site, and
/// it stays as it is.
/// </summary>
public sealed partial class DemoSite(RobotDbContext database, IConfiguration configuration, TimeProvider time, ILogger<DemoSite> logger)
{
    public const string Name = "mec-01";

    private const string Broker = "mqtt";

    /// <summary>JSON: a person is to read what arrives.</summary>
    private const string PrefixAndFormat = "/demo?format=json";

    private const string DescriptionStart = "The broker of the first run. The demo keeps it at ";
    private const string DescriptionEnd = " until somebody changes it.";

    /// <summary>Registers the site, or follows the broker. Without a broker there is nothing to do.</summary>
    /// <param name="isNew">Whether the demo is being made; later on a site that is missing was deleted.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task KeepAsync(bool isNew, CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString(Broker) is not { } address) return;
        var endpoint = address.TrimEnd('/') + PrefixAndFormat;
        if (!OutputEndpoint.TryParseList(endpoint, out _, out var problem))
        {
            LogUnusable(logger, problem);
            return;
        }
        // In one statement: a person may be changing it.
        await database.MecSites
            .Where(site => site.Name == Name && site.Description == DescriptionStart + site.Endpoint + DescriptionEnd)
            .ExecuteUpdateAsync(
                set => set.SetProperty(site => site.Endpoint, endpoint).SetProperty(site => site.Description, DescriptionOf(endpoint)), cancellationToken);
        if (!isNew || await database.MecSites.AnyAsync(site => site.Name == Name, cancellationToken)) return;
        database.MecSites.Add(new MecSite { Name = Name, Description = DescriptionOf(endpoint), Endpoint = endpoint, CreatedAt = time.GetUtcNow() });
        await database.SaveChangesAsync(cancellationToken);
        LogSite(logger, Name, endpoint);
    }

    private static string DescriptionOf(string endpoint) => DescriptionStart + endpoint + DescriptionEnd;

    [LoggerMessage(713, LogLevel.Information, "Demo site {Site} is ready: agents publish to {Endpoint}")]
    private static partial void LogSite(ILogger logger, string site, string endpoint);

    [LoggerMessage(714, LogLevel.Warning, "The demo has no site to publish to: of the connection string 'mqtt', {Problem}")]
    private static partial void LogUnusable(ILogger logger, string problem);
}
