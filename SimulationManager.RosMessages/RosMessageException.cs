namespace SimulationManager.RosMessages;

/// <summary>Why a definition or a message could not be used.</summary>
public enum RosMessageError
{
    /// <summary>The text of a definition does not follow the grammar of <c>.msg</c>, <c>.srv</c>, <c>.action</c> or IDL.</summary>
    DefinitionInvalid,

    /// <summary>A definition is longer, deeper or larger than this library accepts.</summary>
    DefinitionTooLarge,

    /// <summary>A type contains itself, directly or through others.</summary>
    DefinitionRecursive,

    /// <summary>A type is neither defined in the text nor built in.</summary>
    TypeUnknown,

    /// <summary>A type can be hashed but has no serialized form in ROS 2 (<c>wchar</c>).</summary>
    TypeUnsupported,

    /// <summary>A type has no such field, or the field does not have the type that the caller asks for.</summary>
    FieldUnsuitable,

    /// <summary>The payload's encapsulation header is not one of plain CDR, XCDR version 1 or 2.</summary>
    EncapsulationUnsupported,

    /// <summary>The payload ends before the message does, or a length in it is larger than what is left.</summary>
    PayloadTruncated,

    /// <summary>The payload holds a value that its type does not allow, or more bytes than the definition describes.</summary>
    PayloadInvalid,

    /// <summary>The JSON is malformed, or does not fit the message type.</summary>
    JsonInvalid,

    /// <summary>A value of a message object has the wrong type or length.</summary>
    ValueInvalid,
}

/// <summary>A definition or message that cannot be used. The message says what is wrong and where.</summary>
public sealed class RosMessageException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="error">The kind of error.</param>
    /// <param name="message">What is wrong and where.</param>
    /// <param name="innerException">The cause.</param>
    public RosMessageException(RosMessageError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The kind of error.</summary>
    public RosMessageError Error { get; }
}
