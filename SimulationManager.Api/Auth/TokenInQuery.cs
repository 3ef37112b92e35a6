namespace SimulationManager.Api.Auth;

/// <summary>Marks an endpoint that takes the access token as the query parameter <c>access_token</c>, too: pages cannot give a WebSocket a header.</summary>
internal sealed class TokenInQuery
{
    public const string Parameter = "access_token";
}
