using System.Text;
using Microsoft.Net.Http.Headers;

namespace SimulationManager.Api.Contract;

/// <summary>A body in a character set that nobody knows is refused (415) before anything tries to read it.</summary>
internal sealed class BodyCharset(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type.Charset.HasValue && !IsKnown(type.Charset.Value!)
            ? throw new RefusalException(StatusCodes.Status415UnsupportedMediaType, Messages.ContentTypeNotSupported)
            : next(context);

    private static bool IsKnown(string charset)
    {
        try
        {
            Encoding.GetEncoding(charset.Trim('"'));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
