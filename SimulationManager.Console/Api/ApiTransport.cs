using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Localization;
using SimulationManager.Console.Texts;

namespace SimulationManager.Console.Api;

/// <summary>Sends requests and opens the envelopes of their answers.</summary>
public sealed class ApiTransport(HttpClient http, IStringLocalizer<ConsoleTexts> texts)
{
    /// <summary>Sends a request.</summary>
    /// <exception cref="ApiException">The API cannot be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, completion, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw new ApiException(null, texts["ApiUnreachable"], cause: exception);
        }
    }

    /// <summary>The data of a successful answer.</summary>
    /// <exception cref="ApiException">The answer is a refusal.</exception>
    public async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<Envelope<T>> type, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode) throw await RefusalAsync(response, cancellationToken);
        var envelope = await response.Content.ReadFromJsonAsync(type, cancellationToken);
        return envelope is { Data: { } data } ? data : throw new ApiException(response.StatusCode, texts["ApiAnswerOdd"]);
    }

    /// <summary>What a refusal says, in words of the API wherever it has some.</summary>
    public async Task<ApiException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ErrorEnvelope? error = null;
        try
        {
            error = await response.Content.ReadFromJsonAsync(ConsoleJson.Default.ErrorEnvelope, cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException)
        {
            // A proxy in between has answered: the status is all there is.
        }

        var message = error?.Message ?? texts[response.StatusCode == HttpStatusCode.RequestEntityTooLarge ? "ApiTooLarge" : "ApiRefused", (int)response.StatusCode];
        return new ApiException(response.StatusCode, message, error?.Errors, error?.TraceId);
    }
}
