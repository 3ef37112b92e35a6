using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace SimulationManager.Api.Contract;

/// <summary>What all endpoints have in common: JSON, languages, checks of what they are sent, refusals.</summary>
internal static class ContractSetup
{
    public static void AddContract(this IServiceCollection services)
    {
        services.AddLocalization();
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            options.SerializerOptions.Converters.Add(new UtcTimeConverter());
            // Korean as it is, not as escapes; the answers are never embedded in HTML.
            options.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>The group of all endpoints of the contract.</summary>
    public static RouteGroupBuilder MapContract(this IEndpointRouteBuilder app) =>
        app.MapGroup("/api").AddEndpointFilterFactory(BodyValidationFilter.Create).ChecksQuery().Refuses(500, 503).RefusesWhatAllRefuse();
}
