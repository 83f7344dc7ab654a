//! The chosen memory size as text to paste into the configuration of a function.

use std::fmt::Write;

use crate::units::MemoryMb;

/// What the snippet is for.
///
/// ```
/// use powercurve::{MemoryMb, render::snippet::Snippet};
/// let memory = MemoryMb::new(1536)?;
/// let sam = Snippet::Sam.text("resize-image", memory);
/// assert!(sam.starts_with("ResizeImage:\n  Type: AWS::Serverless::Function") && sam.ends_with("MemorySize: 1536\n"));
/// assert!(Snippet::Cdk.text("resize-image", memory).contains("memorySize: 1536,"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snippet {
    /// A resource of an AWS SAM template.
    Sam,
    /// A construct of the AWS CDK in TypeScript.
    Cdk,
    /// A resource of Terraform.
    Terraform,
}

impl Snippet {
    /// The text for the function `name` at `memory`.
    ///
    /// ```
    /// use powercurve::{MemoryMb, render::snippet::Snippet};
    /// let text = Snippet::Terraform.text("resize-image", MemoryMb::new(1536)?);
    /// assert!(text.contains("resource \"aws_lambda_function\" \"resize_image\"") && text.contains("memory_size   = 1536"));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn text(self, name: &str, memory: MemoryMb) -> String {
        let (mb, quoted) = (memory.mb(), serde_json::Value::from(name).to_string());
        let identifier = identifier(name);
        let mut text = String::new();
        // writing to a String cannot fail
        let _ = match self {
            Self::Sam => write!(
                text,
                "{}:\n  Type: AWS::Serverless::Function\n  Properties:\n    FunctionName: {quoted}\n    MemorySize: {mb}\n",
                pascal(&identifier)
            ),
            Self::Cdk => write!(
                text,
                "new lambda.Function(this, {quoted}, {{\n  functionName: {quoted},\n  memorySize: {mb},\n  // runtime, handler and code as before\n}});\n"
            ),
            Self::Terraform => write!(
                text,
                "resource \"aws_lambda_function\" \"{identifier}\" {{\n  function_name = {}\n  memory_size   = {mb}\n  # the rest as before\n}}\n",
                // what opens a template in a string of Terraform
                quoted.replace("${", "$${").replace("%{", "%%{")
            ),
        };
        text
    }
}

/// A name that every language takes: letters, digits, underscores, no digit first.
fn identifier(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if clean.starts_with(|c: char| c.is_ascii_digit()) || clean.is_empty() {
        format!("function_{clean}")
    } else {
        clean
    }
}

/// `resize_image` as `ResizeImage`: logical names of CloudFormation hold letters and digits only.
fn pascal(identifier: &str) -> String {
    let word = |w: &str| w.get(..1).map_or(String::new(), |first| first.to_ascii_uppercase() + &w[1..]);
    identifier.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        let text = |snippet: Snippet| snippet.text("a\"b: ${x}\n1", MemoryMb::MIN);
        assert!(text(Snippet::Sam).starts_with("AB"), "{}", text(Snippet::Sam));
        assert!(text(Snippet::Cdk).contains(r#""a\"b: ${x}\n1""#));
        assert!(text(Snippet::Terraform).contains(r#""a\"b: $${x}\n1""#));
        assert_eq!(identifier("7-up"), "function_7_up");
        assert_eq!(pascal("resize_image"), "ResizeImage");
    }
}
