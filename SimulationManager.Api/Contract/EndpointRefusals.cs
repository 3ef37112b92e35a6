namespace SimulationManager.Api.Contract;

/// <summary>Says which errors an endpoint has of its own, for the OpenAPI document.</summary>
internal static class EndpointRefusals
{
    /// <summary>Adds the statuses to the endpoint's documented answers.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params ReadOnlySpan<int> statuses) where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ErrorEnvelope), ["application/json"]));
        return builder;
    }
}
