namespace SimulationManager.Console.Api;

/// <summary><c>/api/mec</c>: edge sites.</summary>
public sealed class MecApi(ApiConnection api)
{
    public Task<IReadOnlyList<MecView>> ListAsync(CancellationToken cancellationToken) =>
        api.GetAsync("api/mec", ConsoleJson.Default.EnvelopeIReadOnlyListMecView, cancellationToken);

    public Task<MecView> CreateAsync(MecRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, "api/mec", request, ConsoleJson.Default.MecRequest, ConsoleJson.Default.EnvelopeMecView, cancellationToken);

    public Task<MecView> ChangeAsync(long id, MecRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Patch, $"api/mec/{id}", request, ConsoleJson.Default.MecRequest, ConsoleJson.Default.EnvelopeMecView, cancellationToken);

    public Task<MecDeleted> DeleteAsync(long id, CancellationToken cancellationToken) =>
        api.DeleteAsync($"api/mec/{id}", ConsoleJson.Default.EnvelopeMecDeleted, cancellationToken);

    /// <summary>Lets a worker try the site's endpoints.</summary>
    public Task<MecCheck> CheckAsync(long id, CancellationToken cancellationToken) =>
        api.PostAsync($"api/mec/{id}/check", ConsoleJson.Default.EnvelopeMecCheck, cancellationToken);
}

public sealed record MecView(long Id, string Name, string Description, string Endpoint);

public sealed record MecRequest(string Name, string Description, string Endpoint);

public sealed record MecDeleted(long Id);

public sealed record MecCheck(bool Ok, IReadOnlyList<EndpointCheck> Endpoints);

/// <param name="Endpoint">The address without its options.</param>
/// <param name="Error">Why it cannot be published to; null when it can.</param>
public sealed record EndpointCheck(string Endpoint, string? Error);
