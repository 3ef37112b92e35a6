namespace SimulationManager.LocalS3;

/// <summary>An error as S3 names it. See "Error responses" in the Amazon S3 API reference.</summary>
internal sealed class S3Error(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;
    public string Code { get; } = code;

    public static S3Error AccessDenied(string message = "Access Denied.") => new(403, "AccessDenied", message);
    public static S3Error InvalidArgument(string message) => new(400, "InvalidArgument", message);
    public static S3Error InvalidRequest(string message) => new(400, "InvalidRequest", message);
    public static S3Error MalformedXml() => new(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema.");
    public static S3Error NoSuchBucket() => new(404, "NoSuchBucket", "The specified bucket does not exist.");
    public static S3Error NoSuchKey() => new(404, "NoSuchKey", "The specified key does not exist.");
    public static S3Error NoSuchUpload() => new(404, "NoSuchUpload", "The specified multipart upload does not exist. It may have been completed or aborted.");
    public static S3Error NotImplemented(string what) => new(501, "NotImplemented", $"This server does not implement {what}.");
    public static S3Error PreconditionFailed() => new(412, "PreconditionFailed", "At least one of the preconditions you specified did not hold.");
    public static S3Error MethodNotAllowed() => new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    public static S3Error BadDigest(string what) => new(400, "BadDigest", $"The {what} you specified did not match what was received.");
    public static S3Error IncompleteBody() => new(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.");
}
